"""F8: how many rows one relay brings to the broker a second, each acknowledged and remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from benchmarks import cpu
from benchmarks.baseline import inserts
from benchmarks.figures import Check, Figure, Goal, Measure, Round
from benchmarks.filling_log import contacts
from benchmarks.processes.insert import Inserted
from benchmarks.processes.relay import Publish, Published
from benchmarks.processes.run import run as run_process
from benchmarks.rounds import rotated, seconds
from benchmarks.stage import Stage, rows
from guanxi.bus.kafka import KafkaContents
from guanxi.bus.topics import delete_topics, ensure_topics
from guanxi.ports import SystemIds
from guanxi_local.databases import drop_database
from guanxi_local.roles import Database
from guanxi_local.testservers import copy_of
from guanxi_local.topics import read_topics

ROWS = 20_000
_GOAL = Goal("ratio", must=0.20, aim=0.35)
_SERVICE = "interactions"
_REMEMBERED = "SELECT coalesce(sum(cardinality(event_ids)), 0) FROM relay_batch"


def run(stage: Stage, rounds: int) -> Figure:
    """Each round has a full outbox of its own, while no service runs."""
    stage.quieten()
    made: list[Round] = []
    checks: list[Check] = []
    for number in range(rounds):
        prefix = f"f8-{number}."
        with _full(stage, prefix) as database:
            parts: dict[str, Callable[[], tuple[Published | Inserted, float]]] = {
                "ours": partial(_publish, stage, database, prefix),
                "insert": partial(_insert, database),
            }
            found = rotated(number, parts)
            (ours, postgres), (plain, _) = found["ours"], found["insert"]
            assert isinstance(ours, Published)
            made.append(Round(ours.rate, plain.rate, ours.cpu_seconds / ours.rows * 1e6 + postgres))
            remembered = int(rows(stage.server.url(database.name), _REMEMBERED)[0][0])
            checks += [
                Check("remembered = in the log", ROWS, remembered),
                Check("in the topic = in the log", ROWS, asyncio.run(_in_topic(stage, prefix))),
            ]
    measure = Measure("relay", "rows/s", "unnest insert of 100 rows", _GOAL, made)
    return Figure("F8", "rows that the broker has acknowledged", [measure], checks)


@contextmanager
def _full(stage: Stage, prefix: str) -> Iterator[Database]:
    database = asyncio.run(copy_of(stage.server, _SERVICE))
    topics = [spec for spec in read_topics(prefix) if spec.name == _topic(prefix)]
    asyncio.run(ensure_topics(stage.platform.kafka, topics))
    try:
        url, ids = stage.server.url(database.name), SystemIds()
        contacts(url, ROWS, [ids.new() for _ in range(300)])
        rows(url, "INSERT INTO outbox (event_id) SELECT event_id FROM event_log")
        yield database
    finally:
        asyncio.run(delete_topics(stage.platform.kafka, [spec.name for spec in topics]))
        asyncio.run(drop_database(stage.server, database.name))


def _topic(prefix: str) -> str:
    return f"{prefix}guanxi.{_SERVICE}"


def _publish(stage: Stage, database: Database, prefix: str) -> tuple[Published | Inserted, float]:
    told = Publish(url=database.runtime_url, kafka=stage.platform.kafka, prefix=prefix)
    with cpu.measured(stage.postgres) as (spent,):
        found = run_process("relay", told, Published)
    return found, spent.per(ROWS)


def _insert(database: Database) -> tuple[Published | Inserted, float]:
    return inserts(database.owner_url, seconds(3)), 0.0


async def _in_topic(stage: Stage, prefix: str) -> int:
    contents = KafkaContents(stage.platform.kafka, "bench")
    try:
        return sum((await contents.of([_topic(prefix)])).values())
    finally:
        await contents.stop()
