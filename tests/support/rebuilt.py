"""I5: what each service has made of others' events equals what its handlers make of the logs alone, in any order.

The handlers are run again, on an empty database of the same server, over every event in the five logs, shuffled.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from guanxi.bus.applier import FactApplier
from guanxi.db import open_database
from guanxi.events import Consumer, Event, parse
from guanxi_local.databases import drop_database
from guanxi_local.postgres import Postgres
from guanxi_local.testplatform import TestPlatform
from guanxi_local.testservers import copy_of
from support.databases import SERVICES, digest, rows, topology
from support.waiting import Problem

_BATCH = 200


@dataclass(frozen=True)
class Model:
    """One read model: whose, made by which consumer, and the columns that say what it holds."""

    service: str
    consumer: str
    sql: str


MODELS = (
    Model(
        "customer-profile",
        "overview",
        "SELECT section, item_id, customer_id, unit_id, sequence, status, at, body::text FROM overview_item",
    ),
    Model(
        "interactions",
        "timeline",
        """SELECT id, customer_id, kind, unit_id, at, voided, summary::text FROM timeline_entry
           WHERE kind IN ('complaint', 'message')""",
    ),
    Model("complaints", "levels", "SELECT customer_id, segment, tier, as_of FROM customer_level"),
    Model(
        "scoring",
        "facts",
        """SELECT aggregate_id, kind, sequence, customer_id, unit_id, occurred_at, amount_minor, currency, attrs::text,
           voided FROM fact""",
    ),
)


async def models_agree(platform: TestPlatform, dice: random.Random, server: Postgres | None = None) -> Problem:
    """What is different in the first model that differs; `server` is the platform's, when it has none of its own."""
    server = server or Postgres(platform.state, _port(platform))
    events = await _every_event(platform)
    dice.shuffle(events)
    for model in MODELS:
        wanted = await _again(server, model, events)
        found = await rows(platform, model.service, model.sql)
        if digest(found) != digest(wanted):
            late = set(map(repr, wanted)) ^ set(map(repr, found))
            return f"{model.service}.{model.consumer}: {len(late)} of {len(wanted)} rows differ: {sorted(late)[:2]}"
    return None


async def _every_event(platform: TestPlatform) -> list[Event[Any]]:
    bodies = [row[0] for service in SERVICES for row in await rows(platform, service, "SELECT body FROM event_log")]
    return [parse(body) for body in bodies]


async def _again(server: Postgres, model: Model, events: Sequence[Event[Any]]) -> list[tuple[Any, ...]]:
    made = await copy_of(server, model.service)
    database = await open_database(made.runtime_url, application="recomputed")
    try:
        consumer = _consumer(model)
        types = {fact.TYPE for fact in consumer.handlers}
        mine = [event for event in events if event.type in types]
        for start in range(0, len(mine), _BATCH):
            async with database.consumers.begin() as tx:
                await FactApplier(consumer).apply_events(tx, mine[start : start + _BATCH])
        async with database.api.read() as reader:
            return [tuple(row) for row in await reader.fetch(model.sql)]
    finally:
        await database.close()
        await drop_database(server, made.name)


def _consumer(model: Model) -> Consumer:
    return next(one for one in topology(model.service).consumers if one.name == model.consumer)


def _port(platform: TestPlatform) -> int:
    return int(platform.postgres_url().rpartition(":")[2].partition("/")[0])
