"""The operators' routes of rebuilds: asking for one here, and for the log of this service for one elsewhere.

A rebuild is asked for at the service whose read model it is. When it is `filling`, the owners named in its `sources`
are asked to send their logs to its `topic` (`guanxi rebuild` does all of that).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from guanxi.bus import rebuild_rows as rows
from guanxi.bus.rebuild import sources
from guanxi.bus.rebuild_rows import Rebuild, RebuildStatus, ReplayStatus
from guanxi.bus.topics import REPLAYS
from guanxi.db import Reader
from guanxi.events import Consumer
from guanxi.problems import Conflict, FieldError, NotFound, Unprocessable
from guanxi.service._ops_calls import ReadOps, WriteOps
from guanxi.service._service import runtime_of

if TYPE_CHECKING:
    from guanxi.service._service import Service

_MOST = 100
_TOPIC = re.compile(r"guanxi\.replay\.[a-z-]+\.[a-z-]+\.[0-9a-f]{12}")


async def _topic_prefix(request: Request) -> str:
    prefix: str = runtime_of(request).settings.topic_prefix
    return prefix


TopicPrefix = Annotated[str, Depends(_topic_prefix)]


class RebuildAsk(BaseModel):
    """Write a consumer's read model anew from the owners' logs, or only look what would change (`check_only`)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"consumer": "timeline"}]})

    consumer: str = Field(max_length=64)
    check_only: StrictBool = False


class RebuildRead(BaseModel):
    """A rebuild and what came of it.

    `applied` counts events; `added`, `changed` and `removed` rows that were not as the logs say; `held_ms` is how long
    the consumer waited while they were put right (its readers did not).
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    consumer: str
    check_only: bool
    status: RebuildStatus
    topic: str
    sources: dict[str, list[str]] = Field(default_factory=dict)
    heard: list[str]
    applied: int
    skipped: int
    added: int | None
    changed: int | None
    removed: int | None
    held_ms: int | None
    reason: str | None
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None


class ReplayAsk(BaseModel):
    """Send all events of these types in this service's log to the topic of a rebuild."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "topic": "guanxi.replay.interactions.timeline.01998f2c77aa",
                    "types": ["guanxi.complaints.ComplaintFiled.v1"],
                }
            ]
        },
    )

    topic: str = Field(max_length=200)
    types: list[str] = Field(min_length=1, max_length=100)


class ReplayRead(BaseModel):
    """How far a sending is; `total` is not known before it has begun."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    topic: str
    types: list[str]
    status: ReplayStatus
    total: int | None
    sent: int
    reason: str | None
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None


def add_rebuilds(router: APIRouter, service: Service) -> None:
    """Both kinds of routes."""
    _add_rebuilds(router, service)
    _add_replays(router, service)


def _add_rebuilds(router: APIRouter, service: Service) -> None:
    consumers = {one.name: one for one in service.topology.consumers if one.read_model is not None}

    @router.get("/rebuilds")
    async def list_rebuilds(call: ReadOps, limit: Annotated[int, Query(ge=1, le=_MOST)] = 20) -> list[RebuildRead]:
        """The newest first."""
        async with call.pool.read() as reader:
            return [_shown(one, consumers) for one in await rows.rebuilds(reader, limit)]

    @router.get("/rebuilds/{rebuild_id}")
    async def get_rebuild(rebuild_id: UUID, call: ReadOps) -> RebuildRead:
        """One rebuild, and how far it is."""
        async with call.pool.read() as reader:
            return _shown(await _rebuild(reader, rebuild_id), consumers)

    @router.post("/rebuilds", status_code=201)
    async def ask_for_rebuild(body: RebuildAsk, call: WriteOps, prefix: TopicPrefix) -> RebuildRead:
        """Ask for a rebuild; 409 while one of the same consumer is open."""
        if body.consumer not in consumers:
            known = ", ".join(sorted(consumers)) or "none"
            wrong = FieldError("consumer", "no-read-model", f"What can be rebuilt here: {known}.")
            raise Unprocessable("This service has no such read model.", [wrong])
        async with call.once() as once:
            made = once.replay
            if made is None:
                topic = f"{prefix}{REPLAYS}{service.name}.{body.consumer}.{once.tx.new_id().hex[-12:]}"
                who = call.principal.subject
                made = await rows.ask(once.tx, body.consumer, topic, check_only=body.check_only, who=who)
                if made is None:
                    raise Conflict("already-open", f"A rebuild of {body.consumer} is open: end it first.")
                once.created(made, f"{call.request.url.path}/{made}")
            return _shown(await _rebuild(once.tx, made), consumers)

    @router.post("/rebuilds/{rebuild_id}/cancel", status_code=201)
    async def cancel_rebuild(rebuild_id: UUID, call: WriteOps) -> RebuildRead:
        """End it without a result; the read model stays as it is."""
        async with call.once() as once:
            if once.replay is None:
                await _rebuild(once.tx, rebuild_id)
                if not await rows.end(once.tx, rebuild_id, "cancelled", None):
                    raise Conflict("already-ended", "This rebuild has ended.")
                once.created(rebuild_id, call.request.url.path)
            return _shown(await _rebuild(once.tx, rebuild_id), consumers)


def _add_replays(router: APIRouter, service: Service) -> None:
    emitted = {fact.TYPE for fact in service.topology.emits}

    @router.get("/replays/{replay_id}")
    async def get_replay(replay_id: UUID, call: ReadOps) -> ReplayRead:
        """One sending of this service's log, and how far it is."""
        async with call.pool.read() as reader:
            return await _replay(reader, replay_id)

    @router.post("/replays", status_code=201)
    async def ask_for_replay(body: ReplayAsk, call: WriteOps, prefix: TopicPrefix) -> ReplayRead:
        """Have this service's log sent to the topic of a rebuild; asked again for the same topic, it is sent once."""
        if not body.topic.startswith(prefix) or not _TOPIC.fullmatch(body.topic.removeprefix(prefix)):
            wrong = FieldError("topic", "no-rebuild", "It must be the topic of a rebuild, as that one shows it.")
            raise Unprocessable("This is no topic of a rebuild.", [wrong])
        if unknown := sorted(set(body.types) - emitted):
            wrong = FieldError("types", "not-published-here", f"This service does not publish {unknown[0]}.")
            raise Unprocessable("This service does not publish all of these types.", [wrong])
        async with call.once() as once:
            made = once.replay
            if made is None:
                made = (await rows.send(once.tx, body.topic, body.types, call.principal.subject)).id
                once.created(made, f"{call.request.url.path}/{made}")
            return await _replay(once.tx, made)


async def _rebuild(reader: Reader, rebuild_id: UUID) -> Rebuild:
    found = await rows.rebuild(reader, rebuild_id)
    if found is None:
        raise NotFound("rebuild")
    return found


def _shown(found: Rebuild, consumers: Mapping[str, Consumer]) -> RebuildRead:
    consumer = consumers.get(found.consumer)
    shown = RebuildRead.model_validate(found)
    return shown.model_copy(update={"sources": sources(consumer)}) if consumer else shown


async def _replay(reader: Reader, replay_id: UUID) -> ReplayRead:
    found = await rows.replay(reader, replay_id)
    if found is None:
        raise NotFound("replay")
    return ReplayRead.model_validate(found)
