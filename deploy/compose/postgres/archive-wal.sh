#!/bin/sh
# archive_command: keeps one finished WAL segment, compressed (most of a quiet one is zeros). It counts as kept only when
# it is whole and on the disk; a segment that is there already must be the same one.
set -eu
from=$1 to=/backup/wal/$2.gz
if [ -f "$to" ]; then
    gzip -dc "$to" | cmp -s - "$from"
    exit
fi
gzip -1 <"$from" >"$to.part"
sync "$to.part"
mv "$to.part" "$to"
sync /backup/wal
