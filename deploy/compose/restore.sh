#!/bin/sh
# `make restore [AT=2026-11-26T04:00:00Z]`: the whole cluster as it was at a moment, or at the end of the archive.
# Publishers' topics are kept, and what arrived after that moment is taken in again; our own topics hold facts that the
# databases know nothing of any more, so they are made anew and filled from the services' logs.
set -eu
compose() { docker compose "$@"; }
fail() {
    compose logs --no-log-prefix --tail 20 postgres >&2
    compose stop postgres >/dev/null 2>&1
    echo "restore: PostgreSQL could not play the archive back to ${AT:-its end}; the lines above say why" >&2
    exit 2
}
compose stop >/dev/null 2>&1
compose run --rm --no-deps -T -e AT="${AT:-}" restore
compose up -d --wait --no-deps postgres || fail
# Once it answers it does so to the end of the archive, unless it ends there.
while recovering=$(compose exec -T postgres psql -U postgres -Atc 'SELECT pg_is_in_recovery()') || fail; do
    if [ "$recovering" = f ]; then break; fi
    sleep 1
done
compose up -d --wait --no-deps kafka
compose run --rm --no-deps -T topics guanxi_local.containers topics --renew
compose up -d --wait
echo "restored; take a backup now: make backup"
