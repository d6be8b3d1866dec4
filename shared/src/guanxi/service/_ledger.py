"""The count of events: what a service has recorded, and what each of its consumers has taken in, since a moment.

Beside those of the other services it tells whether an event was lost or counted twice. Sets of ids are compared by
their size and the exclusive or of their 64-bit hashes: two different sets agree in both once in 2^64 times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from guanxi.bus import deadletters
from guanxi.bus.maintenance import INBOX_KEPT
from guanxi.bus.outbox import outbox_depth
from guanxi.events.fields import UtcTime
from guanxi.http import deadline
from guanxi.problems import Unprocessable
from guanxi.service._ops_calls import ReadOps

if TYPE_CHECKING:
    from guanxi.service._service import Service

_SECONDS = 30
_MARK = "to_hex(coalesce(bit_xor(hashtextextended(event_id::text, 0)), 0))"
_RECORDED = f"""
SELECT type, count(*) AS events, {_MARK} AS mark FROM event_log
WHERE event_id >= uuidv7_floor($1) GROUP BY type ORDER BY type
"""
_TAKEN = f"""
SELECT consumer, count(*) AS events, {_MARK} AS mark FROM inbox
WHERE event_id >= uuidv7_floor($1) GROUP BY consumer
"""
_LISTED = f"""
SELECT count(*) AS events, {_MARK} AS mark FROM (
  SELECT DISTINCT event_id FROM {{table}} WHERE event_id >= uuidv7_floor($1)) AS taken
"""
_TOLD_TWICE = """
SELECT
  (SELECT coalesce(sum(n - 1), 0) FROM (
    SELECT count(*) AS n FROM event_log WHERE event_id >= uuidv7_floor($1)
    GROUP BY aggregate_id, type, sequence HAVING count(*) > 1) AS versions)
  + (SELECT coalesce(sum(n - 1), 0) FROM (
    SELECT count(*) AS n FROM event_log WHERE event_id >= uuidv7_floor($1) AND body->>'causationid' IS NOT NULL
    GROUP BY body->>'causationid', type, aggregate_id HAVING count(*) > 1) AS causes)
"""


class Marked(BaseModel):
    """A set of events: how many, and the exclusive or of the hashes of their ids, in hexadecimal."""

    events: int
    mark: str


class Taken(Marked):
    """What a consumer has taken in."""

    consumer: str
    kind: Literal["additive", "state", "reaction"]
    listed: bool
    """Whether it keeps a list of what it takes in; of one of whole states that keeps none the set is empty."""
    types: list[str]
    """The types of events that it takes in, whoever records them."""


class EventLedger(BaseModel):
    """What a service has recorded and taken in since a moment."""

    recorded: dict[str, Marked]
    """By type."""
    waiting: int
    """Events that are recorded and that the broker has not acknowledged yet, whenever they were recorded."""
    taken: list[Taken]
    told_twice: int
    """Events beyond the first of one version of one aggregate, or of one cause on one aggregate: always 0."""
    dead_letters: int
    """Open ones, whenever they came."""


def add_ledger(router: APIRouter, service: Service) -> None:
    """`/v1/ops/<service>/ledger`."""
    models = {one.group: one.read_model for one in service.topology.consumers}
    listed = {group: model.listed for group, model in models.items() if model is not None and model.listed}

    @router.get("/ledger")
    @deadline(_SECONDS)
    async def ledger(call: ReadOps, since: UtcTime) -> EventLedger:
        """Count the events recorded since a moment here, and those of them that each consumer here has taken in.

        All consumers' sets together equal what the five services have recorded, once nothing is on its way. 422 for a
        moment of which the lists are not kept any more.
        """
        if call.pool.clock.now() - since > INBOX_KEPT:
            raise Unprocessable.field("since", "too-long-ago", f"Lists are kept for {INBOX_KEPT.days} days.")
        depth, _ = await outbox_depth(call.pool)
        async with call.pool.read() as reader:
            recorded = await reader.fetch(_RECORDED, since)
            taken = {row["consumer"]: row for row in await reader.fetch(_TAKEN, since)}
            for group, table in listed.items():
                [taken[group]] = await reader.fetch(_LISTED.format(table=table), since)
            twice = await reader.fetchval(_TOLD_TWICE, since)
            letters = sum((await deadletters.open_counts(reader)).values())
        return EventLedger(
            recorded={row["type"]: Marked(events=row["events"], mark=row["mark"]) for row in recorded},
            waiting=depth,
            taken=[
                Taken(
                    consumer=one.group,
                    kind=one.kind,
                    listed=one.kind != "state" or one.group in listed,
                    types=sorted(fact.TYPE for fact in one.handlers),
                    events=taken[one.group]["events"] if one.group in taken else 0,
                    mark=taken[one.group]["mark"] if one.group in taken else "0",
                )
                for one in service.topology.consumers
            ],
            told_twice=twice,
            dead_letters=letters,
        )
