#!/bin/sh
# Runs in a container of its own while PostgreSQL is stopped: puts a base backup in the place of the cluster and leaves a
# note up to which moment the archive is to be played back: $AT (UTC, 2026-11-26T04:00:00Z), or all there is.
# What was there before stays beside it, until a restore after this one has been opened.
set -eu
data=${PGDATA:-/var/lib/postgresql/18/docker}
base=/backup/base
fail() { echo "restore: $1" >&2; exit 2; }
case ${AT:-} in
    '' | [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]*Z) ;;
    *) fail "AT must be UTC, like 2026-11-26T04:00:00Z" ;;
esac
# Names of backups are the moments they ended, so that they compare as text.
limit=$(echo "${AT:-9999}" | tr ':' '-')
chosen=
for name in $(ls -1 "$base" | sort); do
    if [ "$(printf '%s\n%s\n' "$name" "$limit" | sort | head -n 1)" = "$name" ]; then chosen=$name; fi
done
[ -n "$chosen" ] || fail "there is no backup from before ${AT:-now}: $(ls -1 "$base" | tr '\n' ' ')"

fresh=$data.fresh
rm -rf "$fresh"
mkdir -m 0700 "$fresh"
tar -xzf "$base/$chosen/base.tar.gz" -C "$fresh"
tar -xzf "$base/$chosen/pg_wal.tar.gz" -C "$fresh/pg_wal"
sed -i '/^# restore$/,/^# end of restore$/d' "$fresh/postgresql.auto.conf"
{
    echo '# restore'
    echo "restore_command = 'test -f /backup/wal/%f.gz && gzip -dc /backup/wal/%f.gz > %p'"
    [ -z "${AT:-}" ] || echo "recovery_target_time = '${AT%Z}+00'"
    echo "recovery_target_action = 'promote'"
    echo '# end of restore'
} >>"$fresh/postgresql.auto.conf"
touch "$fresh/recovery.signal"

# With recovery.signal in it the cluster was never opened since a restore put it there: what stays beside it is still the
# last one that people worked with, and it is this one that goes.
if [ -e "$data/recovery.signal" ]; then
    rm -rf "$data"
elif [ -d "$data" ]; then
    rm -rf "$data.replaced"
    mv "$data" "$data.replaced"
fi
mv "$fresh" "$data"
sync
# Backups of what is now undone lie on a branch that no later moment comes from.
mkdir -p /backup/undone
for name in $(ls -1 "$base" | sort); do
    if [ "$(printf '%s\n%s\n' "$name" "$limit" | sort | head -n 1)" != "$name" ]; then mv "$base/$name" /backup/undone/; fi
done
echo "restore: $chosen is in place, played back to ${AT:-the end of the archive} when PostgreSQL starts"
