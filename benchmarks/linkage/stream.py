"""`make bench-match`: how many profiles a second one process looks at, with 1,000,000 stored."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
import time
from collections.abc import Sequence
from uuid import UUID

import asyncpg
from rich.console import Console

from benchmarks import cpu
from benchmarks.linkage.people import World, again, customers, world
from benchmarks.report import OUT
from benchmarks.stage import Stage, set_up
from customer_profile.customers import saving
from customer_profile.customers.rules import Customer
from customer_profile.customers.saving import PLATFORM, Registration
from customer_profile.matching import store, usecases
from guanxi.db import Database, open_database

_STORED = int(os.environ.get("BENCH_STORED", "1000000"))
_NEW = 10_000
_BATCH = 250
_PIECE = 50_000
_KNOWN_BEFORE = 0.05
_ROUNDS = 5
_MUST = 1_000
_CUSTOMER = (
    *("id", "version", "created_at", "recorded_at", "unit_id", "canonical_id", "kind", "role", "lifecycle", "stage"),
    *("name", "verified_at"),
)
_SAME = "SELECT count(*) FROM customer WHERE id = ANY($1::uuid[]) AND canonical_id <> id"


def main() -> int:
    """Fill, look, check, say; 1 where it is too slow or wrong."""
    console = Console(width=120)
    with set_up() as stage:
        stage.quieten()
        return asyncio.run(_measure(stage, console))


async def _measure(stage: Stage, console: Console) -> int:
    url, here = stage.platform.postgres_url("customer-profile"), world(1)
    known = await _fill(url, here, console)
    database = await open_database(url, application="bench")
    try:
        fresh, twins = await _register(database, here, known)
        await _look(database, fresh[:_BATCH])  # the caches of both sides
        rounds, size = [], (len(fresh) - _BATCH) // _ROUNDS
        for n in range(_ROUNDS):
            some = fresh[_BATCH + n * size : _BATCH + (n + 1) * size]
            began = time.perf_counter()
            with cpu.measured(os.getpid()) as spent:
                await _look(database, some)
            rounds.append({"rate": len(some) / (time.perf_counter() - began), "cpu_us": spent[0].per(len(some))})
        async with database.api.read() as reader:
            merged = int(await reader.fetchval(_SAME, twins))
            keys = int(await reader.fetchval("SELECT count(*) FROM match_key"))
    finally:
        await database.close()
    return _say(console, rounds, (merged, len(twins)), keys)


def _say(console: Console, rounds: list[dict[str, float]], found: tuple[int, int], keys: int) -> int:
    rates = sorted(one["rate"] for one in rounds)
    middle, cpu_us = rates[len(rates) // 2], sorted(one["cpu_us"] for one in rounds)[len(rounds) // 2]
    console.print(
        f"{middle:,.0f} profiles a second in one process ({rates[0]:,.0f}-{rates[-1]:,.0f}), must {_MUST:,}, "
        f"with {_STORED:,} stored and {keys:,} keys; {cpu_us:,.0f} us of CPU each in Python"
    )
    console.print(f"of {found[1]:,} that are known with their number {found[0]:,} were merged by themselves")
    OUT.mkdir(exist_ok=True)
    (OUT / "match.json").write_text(json.dumps({"stored": _STORED, "rounds": rounds, "merged": found}))
    return 0 if middle >= _MUST and found[0] >= 0.95 * found[1] else 1


async def _look(database: Database, ids: Sequence[UUID]) -> None:
    for n in range(0, len(ids), _BATCH):
        async with database.consumers.begin() as tx:
            await usecases.look_at(tx, ids[n : n + _BATCH])


async def _register(database: Database, here: World, known: Sequence[Customer]) -> tuple[list[UUID], list[UUID]]:
    """Open new records, some of customers that are stored already; gives all, and those that share a number."""
    made = [again(here, here.dice.choice(known)) for _ in range(round(_NEW * _KNOWN_BEFORE))]
    twins = [one.id for one in made if one.contact_points]
    made += customers(here, _NEW - len(made))
    here.dice.shuffle(made)
    for n in range(0, len(made), 500):
        async with database.consumers.begin() as tx:
            await saving.register_all(tx, [Registration(one, PLATFORM) for one in made[n : n + 500]])
    return [one.id for one in made], twins


async def _fill(url: str, here: World, console: Console) -> list[Customer]:
    """Write so many records with what they are compared by; gives some of them to come again."""
    kept: list[Customer] = []
    connection = await asyncpg.connect(url, command_timeout=600)
    try:
        await connection.execute("SET synchronous_commit = off")
        # COPY is binary: the version of the format goes before the text.
        await connection.set_type_codec(
            "jsonb", schema="pg_catalog", format="binary", encoder=_binary, decoder=json.loads
        )
        for start in range(0, _STORED, _PIECE):
            some = list(customers(here, min(_PIECE, _STORED - start)))
            kept += some[:2_000]
            await _copy(connection, some)
            console.print(f"{start + len(some):,} of {_STORED:,} stored")
        for table in ("customer", "match_record", "match_key"):
            await connection.execute(f"ANALYZE {table}")
    finally:
        await connection.close()
    return kept


async def _copy(connection: asyncpg.Connection, some: Sequence[Customer]) -> None:
    rows = [tuple(getattr(one, name) for name in _CUSTOMER) for one in some]
    await connection.copy_records_to_table("customer", records=rows, columns=_CUSTOMER)
    found = [(one, usecases.features_of(one)) for one in some]
    records = [(one.id, features.as_json(), 1, one.recorded_at) for one, features in found]
    names = ("customer_id", "features", "policy_number", "recorded_at")
    await connection.copy_records_to_table("match_record", records=records, columns=names)
    keys = itertools.chain.from_iterable(
        ((hash_, one.id) for hash_ in store.hashed(features)) for one, features in found
    )
    await connection.copy_records_to_table("match_key", records=sorted(keys), columns=("hash", "customer_id"))


def _binary(value: object) -> bytes:
    return b"\x01" + json.dumps(value).encode()


if __name__ == "__main__":
    sys.exit(main())
