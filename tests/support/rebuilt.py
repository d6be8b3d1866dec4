"""I5: what each service has made of others' events equals what its handlers make of the logs alone, in any order.

The handlers are run again, on a database of the same server that was empty, over every event in the five logs,
shuffled. A platform that is looked at again and again keeps those databases: only what is new is applied to them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from guanxi.bus.applier import FactApplier
from guanxi.db import open_database
from guanxi.events import Consumer, Event, parse
from guanxi_local.databases import drop_database
from guanxi_local.postgres import Postgres
from guanxi_local.roles import Database
from guanxi_local.testplatform import TestPlatform
from guanxi_local.testservers import copy_of
from support.changes import Changes
from support.databases import SERVICES, fingerprint, fingerprint_at, rows, rows_at, topology
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
    Model(
        "interactions", "indicators", "SELECT id, version, unit_id, number, indicators::text, set_at FROM indicator_set"
    ),
    Model("complaints", "levels", "SELECT customer_id, segment, tier, as_of FROM customer_level"),
    Model(
        "complaints",
        "purchases",
        """SELECT id, version, unit_id, record_id, kind, customer_id, order_id, at, currency, amount_minor, lines::text,
           voided FROM purchase""",
    ),
    Model(
        "complaints",
        "agreements",
        """SELECT id, version, unit_id, agreement_id, customer_id, kind, since, until, currency,
             clauses::text
           FROM agreement_copy""",
    ),
    Model(
        "complaints",
        "standing",
        """SELECT id, version, customer_id::text, tier, as_of::text FROM tier_change UNION ALL
           SELECT id, version, customer_id::text, until::text, since::text FROM key_customer UNION ALL
           SELECT id, version, unit_id, region, NULL FROM customer_region""",
    ),
    Model(
        "scoring",
        "facts",
        """SELECT aggregate_id, kind, sequence, customer_id, unit_id, occurred_at, amount_minor, currency, attrs::text,
           voided FROM fact""",
    ),
)


@dataclass
class _Kept:
    """The databases in which the handlers ran, by service, and the events that they have had."""

    made: dict[str, Database] = field(default_factory=dict)
    seen: set[UUID] = field(default_factory=set)
    changes: Changes = field(default_factory=Changes)


_KEPT: dict[Path, _Kept] = {}


async def models_agree(
    platform: TestPlatform, dice: random.Random, server: Postgres | None = None, *, anew: bool = False
) -> Problem:
    """What is different in the first model that differs; `server` is the platform's, when it has none of its own.

    `anew` begins with empty databases, so that all events are shuffled among each other.
    """
    server = server or Postgres(platform.state, _port(platform))
    kept = _Kept() if anew else _KEPT.setdefault(platform.state.root, _Kept())
    try:
        await _take_in(platform, server, kept, dice)
        return await _difference(platform, kept)
    finally:
        if anew:
            for made in kept.made.values():
                await drop_database(server, made.name)


async def _take_in(platform: TestPlatform, server: Postgres, kept: _Kept, dice: random.Random) -> None:
    new: dict[UUID, bytes] = {}
    for service in SERVICES:
        (written,) = await kept.changes.look(platform, service, [_BODIES])
        new |= {event_id: body for event_id, body in written if event_id not in kept.seen}
    events = [parse(body) for body in new.values()]
    dice.shuffle(events)
    for model in MODELS:
        if model.service not in kept.made:
            kept.made[model.service] = await copy_of(server, model.service)
        await _apply(kept.made[model.service], model, events)
    kept.seen |= new.keys()


_BODIES = "SELECT event_id, body FROM event_log WHERE {fresh}"


async def _apply(made: Database, model: Model, events: Sequence[Event[Any]]) -> None:
    database = await open_database(made.runtime_url, application="recomputed")
    try:
        consumer = _consumer(model)
        types = {fact.TYPE for fact in consumer.handlers}
        mine = [event for event in events if event.type in types]
        for start in range(0, len(mine), _BATCH):
            async with database.consumers.begin() as tx:
                await FactApplier(consumer).apply_events(tx, mine[start : start + _BATCH])
    finally:
        await database.close()


async def _difference(platform: TestPlatform, kept: _Kept) -> Problem:
    for model in MODELS:
        there = kept.made[model.service].owner_url
        if await fingerprint(platform, model.service, model.sql) != await fingerprint_at(there, model.sql):
            found, wanted = await rows(platform, model.service, model.sql), await rows_at(there, model.sql)
            late = set(map(repr, wanted)) ^ set(map(repr, found))
            return f"{model.service}.{model.consumer}: {len(late)} of {len(wanted)} rows differ: {sorted(late)[:2]}"
    return None


def _consumer(model: Model) -> Consumer:
    return next(one for one in topology(model.service).consumers if one.name == model.consumer)


def _port(platform: TestPlatform) -> int:
    return int(platform.postgres_url().rpartition(":")[2].partition("/")[0])
