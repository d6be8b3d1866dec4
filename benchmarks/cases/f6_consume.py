"""F6: how many events one consumer in one process applies a second, on a topic that is already full."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from benchmarks import cpu, dealers
from benchmarks.baseline import inserts
from benchmarks.figures import Check, Figure, Goal, Measure, Round
from benchmarks.processes.consume import Consume, Consumed
from benchmarks.processes.insert import Inserted
from benchmarks.processes.run import run as run_process
from benchmarks.rounds import rotated, seconds
from benchmarks.stage import Stage, rows
from guanxi.bus.topics import delete_topics, ensure_topics
from guanxi.events import Event, Fact, make_event
from guanxi.events.interactions import CustomerContacted
from guanxi.events.reports import ContactReported
from guanxi.ports import SystemIds
from guanxi_local.databases import drop_database
from guanxi_local.roles import Database
from guanxi_local.testservers import copy_of
from guanxi_local.topics import read_topics

EVENTS = 8_000
_GOAL = Goal("ratio", must=0.25, aim=0.60)
_IDS = SystemIds()
_CUSTOMERS = [_IDS.new() for _ in range(dealers.CUSTOMERS)]


@dataclass(frozen=True, slots=True)
class Target:
    """One consumer: whose it is, an event for it, and the statements that count what it leaves behind."""

    module: str
    consumer: str
    event: Callable[[UUID, datetime], Event[Fact]]
    effects: tuple[str, ...]

    @property
    def name(self) -> str:
        """As shown."""
        return f"{self.module} {self.consumer}"


def _fact(customer: UUID, now: datetime) -> Event[Fact]:
    contact = _IDS.new()
    data = {"contact_id": contact, "unit": "head-office", "channel": "phone", "direction": "in", "kind": "service"}
    return _event(CustomerContacted.model_validate({**data, "occurred_at": now}), contact, customer, now)


def _report(customer: UUID, now: datetime) -> Event[Fact]:
    contact = _IDS.new()
    where = {
        "source": dealers.NAME,
        "unit": dealers.NAME,
        "external_customer": str(customer),
        "external_ref": str(contact),
    }
    said = {"channel": "phone", "direction": "in", "content": "Asked when the stands come, and for forty more."}
    return _event(ContactReported.model_validate({**where, **said}), contact, customer, now)


def _event(fact: Fact, aggregate: UUID, customer: UUID, now: datetime) -> Event[Fact]:
    return make_event(fact, id=_IDS.new(), recorded=now, aggregate=aggregate, sequence=1, subject=customer, time=now)


TARGETS = (
    Target("scoring", "facts", _fact, ("SELECT count(*) FROM fact",)),
    Target(
        "interactions",
        "records",
        _report,
        (
            "SELECT count(*) FROM contact",
            "SELECT count(*) FROM timeline_entry",
            "SELECT count(*) FROM event_log",
            "SELECT count(*) FROM outbox",
            "SELECT count(*) FROM inbox",
        ),
    ),
)


def run(stage: Stage, rounds: int) -> Figure:
    """Both consumers, each into a database of its own, while no service runs."""
    stage.quieten()
    found = [_measured(stage, target, rounds) for target in TARGETS]
    measures = [measure for measure, _ in found]
    return Figure(
        "F6", "events applied by one consumer in one process", measures, list(itertools.chain(*(c for _, c in found)))
    )


def _measured(stage: Stage, target: Target, rounds: int) -> tuple[Measure, list[Check]]:
    database = asyncio.run(copy_of(stage.server, target.module))
    try:
        made = [_round(stage, target, database, number) for number in range(rounds)]
        wanted = EVENTS * rounds
        checks = [
            Check(f"{target.name}: {sql.removeprefix('SELECT count(*) FROM ')}", wanted, _count(stage, database, sql))
            for sql in target.effects
        ]
        checks.append(
            Check(f"{target.name}: dead letters", 0, _count(stage, database, "SELECT count(*) FROM dead_letter"))
        )
    finally:
        asyncio.run(drop_database(stage.server, database.name))
    return Measure(target.name, "events/s", "unnest insert of 100 rows", _GOAL, made), checks


def _round(stage: Stage, target: Target, database: Database, number: int) -> Round:
    prefix = f"f6-{target.module}-{number}."
    topics = [spec for spec in read_topics(prefix) if not spec.compacted]
    asyncio.run(ensure_topics(stage.platform.kafka, topics))
    try:
        _fill(stage, target, prefix)
        parts = {"ours": lambda: _consume(stage, target, database, prefix), "insert": lambda: _insert(database)}
        found = rotated(number, parts)
    finally:
        asyncio.run(delete_topics(stage.platform.kafka, [spec.name for spec in topics]))
    (ours, postgres), plain = found["ours"], found["insert"]
    assert isinstance(ours, Consumed)
    return Round(ours.rate, plain[0].rate, ours.cpu_seconds / ours.records * 1e6 + postgres, None)


def _consume(stage: Stage, target: Target, database: Database, prefix: str) -> tuple[Consumed | Inserted, float]:
    url, kafka = database.runtime_url, stage.platform.kafka
    told = Consume(module=target.module, consumer=target.consumer, url=url, kafka=kafka, prefix=prefix, records=EVENTS)
    with cpu.measured(stage.postgres) as (spent,):
        found = run_process("consume", told, Consumed)
    return found, spent.per(EVENTS)


def _insert(database: Database) -> tuple[Consumed | Inserted, float]:
    return inserts(database.owner_url, seconds(3)), 0.0


def _fill(stage: Stage, target: Target, prefix: str) -> None:
    now, dice = datetime.now(UTC), random.Random(1)
    events = [target.event(dice.choice(_CUSTOMERS), now) for _ in range(EVENTS)]
    messages = [(str(one.subject), one.to_json(), one.type, str(one.id)) for one in events]
    dealers.fill(stage.platform.kafka, _topic(target, prefix), messages)


def _topic(target: Target, prefix: str) -> str:
    return f"{prefix}guanxi.{target.event(_CUSTOMERS[0], datetime.now(UTC)).topic}"


def _count(stage: Stage, database: Database, statement: str) -> int:
    return int(rows(stage.server.url(database.name), statement)[0][0])
