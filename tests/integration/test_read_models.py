"""What a rebuild rests on, for every read model of every service: its handlers fill the copy and touch nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guanxi.bus import shadow
from guanxi.bus.applier import FactApplier
from guanxi.bus.shadow import Difference
from guanxi.db import Tx, open_alone, open_database
from guanxi.events import Consumer, Event, ReadModel, parse
from guanxi_local.pytest_plugin import ServiceDatabase
from support.databases import READERS, SERVICES, topology
from support.rebuilt import MODELS

pytestmark = pytest.mark.asyncio(loop_scope="session")

_SAMPLES = Path(__file__).parents[2] / "docs" / "contracts" / "samples"
_MODELS = [
    pytest.param(service, consumer, id=f"{service}-{consumer.name}")
    for service in SERVICES
    for consumer in topology(service).consumers
    if consumer.read_model is not None
]
_TOUCHED = """
SELECT relname FROM pg_stat_xact_user_tables
WHERE schemaname = 'public' AND n_tup_ins + n_tup_upd + n_tup_del > 0 ORDER BY 1
"""


async def test_every_consumer_of_states_is_a_read_model_unless_it_does_something() -> None:
    left = {c.name for s in SERVICES for c in topology(s).consumers if c.kind == "state" and c.read_model is None}
    # `leavers` acts; `matching` merges, and looks at the service's own records, which a log cannot write anew.
    assert left == {"leavers", "matching"}, "say what it keeps (ReadModel), or why it cannot be rebuilt, here"


async def test_every_read_model_but_the_directory_is_recomputed_by_the_fault_tests() -> None:
    kept = {(s, c.name) for s in SERVICES for c in topology(s).consumers if c.read_model is not None}
    copies = {(service, "directory") for service in READERS} & kept
    assert {(model.service, model.consumer) for model in MODELS} == kept - copies


@pytest.mark.parametrize(("service", "consumer"), _MODELS)
async def test_the_handlers_of_a_rebuild_touch_nothing_but_the_copy(
    service_database: ServiceDatabase, service: str, consumer: Consumer
) -> None:
    database = await service_database(service)
    model = _model(consumer)
    alone = await open_alone(database.runtime_url, application="test")
    try:
        async with alone.begin() as tx:
            await shadow.open_copies(tx, model)
            await _fill(tx, consumer, model)
            assert await tx.fetch(_TOUCHED) == []
            filled = [await tx.fetchval(f"SELECT count(*) FROM pg_temp.{table.name}") for table in model.tables]
    finally:
        await alone.close()
    assert any(filled), "the samples leave nothing in this read model: they prove nothing"


@pytest.mark.parametrize(("service", "consumer"), _MODELS)
async def test_rows_that_are_missing_wrong_or_too_many_are_put_right(
    service_database: ServiceDatabase, service: str, consumer: Consumer
) -> None:
    database = await service_database(service)
    model = _model(consumer)
    alone = await open_alone(database.runtime_url, application="test")
    try:
        async with alone.begin() as tx:
            # Once without looking: a migration may have laid a row that the samples do not tell of.
            await _compare(tx, consumer, model)
            wanted = [await _rows(tx, table.name) for table in model.tables]
            spoilt = [table.name for table, rows in zip(model.tables, wanted, strict=True) if rows]
            for name in spoilt:
                await tx.execute(f"DELETE FROM {name} WHERE ctid IN (SELECT ctid FROM {name} LIMIT 1)")
            assert await _compare(tx, consumer, model) == (len(spoilt), 0, 0)
            assert [await _rows(tx, table.name) for table in model.tables] == wanted
            for name in spoilt:
                await _garble(tx, name)
            assert await _compare(tx, consumer, model) == (0, len(spoilt), len(spoilt))
            assert [await _rows(tx, table.name) for table in model.tables] == wanted
            assert await _compare(tx, consumer, model) == (0, 0, 0)
    finally:
        await alone.close()


async def test_of_a_table_that_others_write_too_their_rows_are_left_alone(service_database: ServiceDatabase) -> None:
    made = await service_database("interactions")
    consumer = next(one for one in topology("interactions").consumers if one.name == "timeline")
    database = await open_database(made.runtime_url, application="test")
    alone = await open_alone(made.runtime_url, application="test")
    own = """
    INSERT INTO timeline_entry (id, customer_id, at, kind, unit_id, sequence, summary)
    VALUES (gen_random_uuid(), gen_random_uuid(), now(), 'contact', 'head-office', 1, '{}')
    """
    try:
        async with database.api.begin() as tx:
            await tx.execute(own)
        async with alone.begin() as tx:
            found = await _compare(tx, consumer, _model(consumer))
            kinds = await tx.fetch("SELECT kind, count(*) AS n FROM timeline_entry GROUP BY 1 ORDER BY 1")
    finally:
        await alone.close()
        await database.close()
    assert found[2] == 0
    assert ("contact", 1) in [(row["kind"], row["n"]) for row in kinds]


async def _garble(tx: Tx, table: str) -> None:
    """Lay a copy of one row under a key that nobody has, and let another row say something else."""
    columns = {row["name"]: (row["type"], row["key"]) for row in await tx.fetch(_COLUMNS, table)}
    keys = sorted((name for name, (_, key) in columns.items() if key), key=lambda name: columns[name][0] != "uuid")
    other = "gen_random_uuid()" if columns[keys[0]][0] == "uuid" else f"{keys[0]} || '-x'"
    copied = ", ".join(other if name == keys[0] else name for name in columns)
    await tx.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {copied} FROM {table} LIMIT 1")
    told = {kind: name for name, (kind, key) in columns.items() if not key}
    text, moment = told.get("text"), told.get("timestamp with time zone")
    wrong = f"{text} = coalesce({text}, '') || '-x'" if text else f"{moment} = {moment} - interval '1 day'"
    await tx.execute(f"UPDATE {table} SET {wrong} WHERE ctid = (SELECT min(ctid) FROM {table})")


_COLUMNS = """
SELECT a.attname AS name, a.atttypid::regtype::text AS type, i.indrelid IS NOT NULL AS key FROM pg_attribute a
LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY(i.indkey)
WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum
"""


async def _compare(tx: Tx, consumer: Consumer, model: ReadModel) -> tuple[int, int, int]:
    await shadow.open_copies(tx, model)
    await _fill(tx, consumer, model)
    found: Difference = await shadow.put_right(tx, model)
    await shadow.drop_copies(tx, model)
    return found.added, found.changed, found.removed


async def _fill(tx: Tx, consumer: Consumer, model: ReadModel) -> None:
    handlers = {fact: model.instead.get(fact, handler) for fact, handler in consumer.handlers.items()}
    await FactApplier(Consumer(consumer.name, handlers, kind="state")).apply_events(tx, _samples(consumer))


async def _rows(tx: Tx, table: str) -> list[dict[str, Any]]:
    passing = {"recorded_at", "created_at"}
    rows = [dict(row) for row in await tx.fetch(f"SELECT * FROM {table}")]
    return sorted(({k: v for k, v in row.items() if k not in passing} for row in rows), key=repr)


def _samples(consumer: Consumer) -> list[Event[Any]]:
    paths = [path for fact in consumer.handlers for path in sorted((_SAMPLES / fact.TYPE).glob("*.json"))]
    return [parse(json.dumps(event)) for path in paths for event in json.loads(path.read_text()).values()]


def _model(consumer: Consumer) -> ReadModel:
    assert consumer.read_model is not None
    return consumer.read_model
