#!/bin/sh
# `make roll SERVICE=complaints`: replaces one service's containers by the image as it is now, without a refused request:
# its migration first (compatible with the release before), then, role by role, a new container beside each old one,
# and the old one stopped when the new one is healthy.
set -eu
service=${1:?roll: say which service, as make roll SERVICE=complaints}
compose() { docker compose "$@"; }
for role in worker api; do
    [ -n "$(compose ps -q "$service-$role")" ] && continue
    echo "roll: no container of $service-$role runs; make compose-up starts it" >&2
    exit 2
done
compose build -q
compose run --rm -T "$service-migrate"
for role in worker api; do
    old=$(compose ps -q "$service-$role")
    count=$(echo "$old" | wc -w)
    compose up -d --no-deps --no-recreate --wait --scale "$service-$role=$((count * 2))" "$service-$role"
    for container in $old; do docker stop "$container" && docker rm "$container"; done >/dev/null
done
