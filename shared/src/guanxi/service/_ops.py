"""The operators' routes of every service: how far the consumers are, what waits in the outbox, the dead letters."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from guanxi.auth import AuditEntry, audit
from guanxi.bus import deadletters, offsets
from guanxi.bus.applier import Applier, FactApplier, InboundApplier
from guanxi.bus.deadletters import DeadLetter
from guanxi.bus.outbox import outbox_depth
from guanxi.db import ErrorClass, Tx, classify
from guanxi.events import MalformedEventError, UnknownTypeError, parse
from guanxi.events.fields import UtcTime
from guanxi.problems import Conflict, FieldError, NotFound, Unprocessable
from guanxi.service._ledger import add_ledger
from guanxi.service._ops_calls import ReadOps, WriteOps
from guanxi.service._rebuilds import add_rebuilds

if TYPE_CHECKING:
    from guanxi.service._service import Service
    from guanxi.service._worker import Worker


class Lag(BaseModel):
    """How far one consumer is in one partition; `behind` in records, where this process has a worker that knows."""

    consumer: str
    topic: str
    partition: int
    next_offset: int
    behind: int | None = None


class Outbox(BaseModel):
    """What is committed and not yet acknowledged by the broker."""

    depth: int
    oldest_age_seconds: float


class Effects(BaseModel):
    """What a publisher's reports have led to in this service since a moment."""

    published: dict[str, int]
    """Facts recorded here that name the publisher, by type."""
    caused: dict[str, int]
    """Those of them that follow from a report of since then, too: not what was still on its way at that moment."""
    known_customers: int
    """Customers that the directory knows, whoever reported them."""
    made: dict[str, int]
    """What the service has made since then, by name."""


class DeadLetterRead(BaseModel):
    """A message that could not be applied, and why. `event` is shown to readers of personal data only."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    consumer: str
    topic: str
    partition: int
    offset: int
    event_id: UUID | None
    type: str | None
    subject: UUID | None
    error_type: str
    reason: str
    attempts: int
    status: Literal["open", "replayed", "discarded"]
    version: int
    recorded_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    event: Any = None


class Replay(BaseModel):
    """Apply a dead letter again: as it was, or with the event given instead of it."""

    model_config = ConfigDict(extra="forbid")

    event: dict[str, Any] | None = None


_PUBLISHED = """
SELECT type, count(*) AS n,
  count(*) FILTER (WHERE body->>'causationid' COLLATE "C" >= uuidv7_floor($2)::text) AS caused
FROM event_log WHERE event_id >= uuidv7_floor($2) AND body->'data'->>'source' = $1 GROUP BY 1 ORDER BY 1
"""


def ops_router(service: Service, worker: Worker | None) -> APIRouter:
    """`/v1/ops/<service>/...`."""
    router = APIRouter(prefix=f"/ops/{service.name}", tags=["operations"])
    _add_figures(router, service, worker)
    _add_dead_letters(router, service)
    add_ledger(router, service)
    add_rebuilds(router, service)
    return router


def _add_figures(router: APIRouter, service: Service, worker: Worker | None) -> None:
    behind = {one.runner.group: one for one in worker.guarded} if worker else {}

    @router.get("/lag")
    async def lag(call: ReadOps) -> list[Lag]:
        """How far each consumer is, by partition."""
        async with call.pool.read() as reader:
            return [
                Lag(
                    consumer=group,
                    topic=place.topic,
                    partition=place.partition,
                    next_offset=position.next_offset,
                    behind=behind[group].behind.get(place) if group in behind else None,
                )
                for group in _groups(service)
                for place, position in (await offsets.read(reader, group)).items()
            ]

    @router.get("/outbox")
    async def outbox(call: ReadOps) -> Outbox:
        """How much waits to be published, and for how long."""
        depth, age = await outbox_depth(call.pool)
        return Outbox(depth=depth, oldest_age_seconds=age.total_seconds())

    @router.get("/effects")
    async def effects(call: ReadOps, source: Annotated[str, Query(max_length=64)], since: UtcTime) -> Effects:
        """Count what a publisher's reports have led to here: the last lines of an import's reconciliation."""
        async with call.pool.read() as reader:
            published = await reader.fetch(_PUBLISHED, source, since)
            known = await reader.fetchval("SELECT count(*) FROM directory_customer")
            made = await service.tally(reader, source, since) if service.tally else {}
        return Effects(
            published={r["type"]: r["n"] for r in published},
            caused={r["type"]: r["caused"] for r in published},
            known_customers=known,
            made=made,
        )


def _add_dead_letters(router: APIRouter, service: Service) -> None:
    appliers = _appliers(service)

    @router.get("/dead-letters")
    async def list_dead_letters(
        call: ReadOps,
        status: Literal["open", "replayed", "discarded"] | None = None,
        consumer: str | None = None,
        before: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> list[DeadLetterRead]:
        """Newest first; go on with `before` = the last id shown. The events themselves are left out."""
        async with call.pool.read() as reader:
            found = await deadletters.listed(reader, status, consumer, before, limit)
        return [DeadLetterRead.model_validate(letter) for letter in found]

    @router.get("/dead-letters/{letter_id}")
    async def get_dead_letter(letter_id: UUID, call: ReadOps) -> DeadLetterRead:
        """One dead letter; with its event for readers of personal data (`pii:read`), whose look is put on record."""
        whole = call.principal.may("pii:read")
        async with call.pool.begin() as tx:
            letter = await deadletters.get(tx, letter_id)
            if letter is None:
                raise NotFound("dead letter")
            if whole:
                await audit(tx, call.principal, _look(service, letter))
        shown = DeadLetterRead.model_validate(letter)
        return shown.model_copy(update={"event": _readable(letter.raw)}) if whole else shown

    @router.post("/dead-letters/{letter_id}/replay", status_code=201)
    async def replay(letter_id: UUID, body: Replay, call: WriteOps) -> DeadLetterRead:
        """Apply it again through the same consumer, edited or not; its inbox still lets each event in once."""
        async with call.once() as once:
            letter = await _open_letter(once.tx, once.replay or letter_id, settled=once.replay is not None)
            if once.replay is None:
                raw = orjson.dumps(body.event) if body.event is not None else letter.raw
                applier = appliers.get(letter.consumer)
                if applier is None:
                    raise Conflict("consumer-gone", f"This service has no consumer {letter.consumer} any more.")
                await _apply_again(once.tx, applier, letter, raw)
                await deadletters.settle(once.tx, letter_id, "replayed", call.principal.subject, raw)
                once.created(letter_id, call.request.url.path, customer_id=letter.subject)
            return await _shown(once.tx, letter_id)

    @router.post("/dead-letters/{letter_id}/discard", status_code=201)
    async def discard(letter_id: UUID, call: WriteOps) -> DeadLetterRead:
        """Close it without applying it; the bytes are kept."""
        async with call.once() as once:
            letter = await _open_letter(once.tx, once.replay or letter_id, settled=once.replay is not None)
            if once.replay is None:
                await deadletters.settle(once.tx, letter_id, "discarded", call.principal.subject)
                once.created(letter_id, call.request.url.path, customer_id=letter.subject)
            return await _shown(once.tx, letter_id)


def _appliers(service: Service) -> dict[str, Applier]:
    found: dict[str, Applier] = {c.group: FactApplier(c) for c in service.topology.consumers}
    inbound = service.topology.inbound
    return found | ({inbound.group: InboundApplier(inbound)} if inbound else {})


def _groups(service: Service) -> list[str]:
    inbound = [service.topology.inbound.group] if service.topology.inbound else []
    return [*(c.group for c in service.topology.consumers), *inbound]


def _look(service: Service, letter: DeadLetter) -> AuditEntry:
    action = f"GET /v1/ops/{service.name}/dead-letters/{{letter_id}}"
    return AuditEntry(action, "dead-letter", letter.id, letter.subject, unmasked=True)


def _readable(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw.decode("utf-8", "backslashreplace")


async def _apply_again(tx: Tx, applier: Applier, letter: DeadLetter, raw: bytes) -> None:
    if isinstance(applier, FactApplier):
        _check_handled(applier, letter, raw)
    try:
        async with tx.savepoint():
            failures = await applier.apply(tx, [letter.record(raw)])
    except Exception as error:
        if classify(error) is not ErrorClass.POISON:
            raise
        failures = [deadletters.Failure(letter.record(raw), error)]
    if failures:
        wrong = FieldError("event", "cannot-be-applied", failures[0].reason)
        raise Unprocessable("This can still not be applied.", [wrong])


def _check_handled(applier: FactApplier, letter: DeadLetter, raw: bytes) -> None:
    try:
        found = parse(raw).type
    except (MalformedEventError, UnknownTypeError) as error:
        wrong = FieldError("event", "not-an-event", str(error))
        raise Unprocessable("This is still not an event that can be applied.", [wrong]) from error
    if not applier.handles(found) or letter.type not in (None, found):
        wrong = FieldError(
            "event.type", "not-handled", f"The letter is of {letter.type}, {letter.consumer} reads that."
        )
        raise Unprocessable("This consumer does not apply events of this type.", [wrong])


async def _open_letter(tx: Tx, letter_id: UUID, *, settled: bool) -> DeadLetter:
    letter = await deadletters.lock(tx, letter_id)
    if letter is None:
        raise NotFound("dead letter")
    if letter.status != "open" and not settled:
        raise Conflict("already-settled", f"This dead letter has been {letter.status} already.")
    return letter


async def _shown(tx: Tx, letter_id: UUID) -> DeadLetterRead:
    return DeadLetterRead.model_validate(await deadletters.get(tx, letter_id))
