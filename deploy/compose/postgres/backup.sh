#!/bin/sh
# Runs in the container of PostgreSQL: one base backup of the whole cluster, checked, named for the
# moment it ended (UTC). The newest $KEEP stay, with the WAL that leads from the oldest of them to now.
set -eu
case ${KEEP:-7} in
    *[!0-9]* | 0*) echo "backup: KEEP must be a number from 1" >&2; exit 2 ;;
esac
base=/backup/base
part=$base/.part
rm -rf "$part"
pg_basebackup -U postgres -D "$part" -F tar -z -c fast -X stream
gzip -t "$part/base.tar.gz" "$part/pg_wal.tar.gz"
# Not every build of the server brings a tool that runs; without it the archives are whole, and each page has its checksum.
if pg_verifybackup --version >/dev/null 2>&1; then pg_verifybackup -q -n "$part"; fi
name=$(date -u +%Y-%m-%dT%H-%M-%SZ)
mv "$part" "$base/$name"
sync "$base"
for old in $(ls -1 "$base" | sort -r | tail -n "+$((${KEEP:-7} + 1))"); do rm -rf "${base:?}/$old"; done
oldest=$(ls -1 "$base" | sort | head -n 1)
first=$(tar -xzOf "$base/$oldest/base.tar.gz" backup_label | sed -n 's/^START WAL LOCATION: .*(file \([0-9A-F]*\))$/\1/p')
pg_archivecleanup -x .gz /backup/wal "$first"
echo "backup $name: $(du -sh "$base/$name" | cut -f1), $(ls -1 "$base" | wc -l) kept; it can be restored to any moment since $oldest"
