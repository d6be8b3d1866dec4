"""Registering publishers, changing them, and making their topics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from customer_profile.organisation import usecases as organisation
from customer_profile.sources import rules, store
from customer_profile.sources.rules import Publisher
from customer_profile.sources.schemas import NewSource, Source, SourcePatch
from guanxi import directory
from guanxi.auth import Principal
from guanxi.bus.topics import TopicMismatchError, TopicSpec, ensure_topics
from guanxi.db import Reader, Tx
from guanxi.http import Conflict, Forbidden, NotFound, Stale, Unprocessable
from guanxi.service import Runtime

RETENTION_HOURS = 72
"""How long a publisher's topic keeps personal data."""

log = structlog.get_logger(__name__)


async def register(tx: Tx, new: NewSource, principal: Principal, prefix: str) -> Source:
    """Register a publisher; its topic follows within seconds. 409 when the name is taken, 422 for an unknown unit."""
    if not principal.internal:
        raise Forbidden
    made = await _require_unit(tx, new)
    values = new.model_dump(exclude={"create_unit"})
    row = await store.insert(tx, {"id": tx.new_id(), **values})
    if row is None:
        raise Conflict("name-taken", f"There is a source {new.name} already.")
    return shown(row, prefix).model_copy(update={"unit_created": made})


async def _require_unit(tx: Tx, new: NewSource) -> bool:
    """Whether the unit had to be made."""
    if new.create_unit:
        return await organisation.ensure_external_unit(tx, new.unit_id)
    if await directory.unit(tx, new.unit_id) is None:
        raise Unprocessable.field(
            "unit_id", "unknown-unit", "There is no such unit; create_unit makes an external one."
        )
    return False


async def find(reader: Reader, name: str, principal: Principal, prefix: str) -> Source:
    """One publisher; 404 for another unit's."""
    row = await store.find(reader, name, principal)
    if row is None:
        raise NotFound("source")
    return shown(row, prefix)


async def made_before(reader: Reader, source_id: UUID, prefix: str) -> Source:
    """The publisher that an earlier call registered."""
    row = await store.find_by_id(reader, source_id)
    if row is None:
        raise NotFound("source")
    return shown(row, prefix)


async def page(
    reader: Reader, principal: Principal, after: Sequence[Any] | None, limit: int, prefix: str
) -> list[Source]:
    """Publishers by name, one more than `limit` when there are more."""
    return [shown(row, prefix) for row in await store.page(reader, principal, after, limit)]


async def change(tx: Tx, name: str, patch: SourcePatch, version: int, principal: Principal, prefix: str) -> Source:  # noqa: PLR0913 - the call's parts
    """Pause, resume or alter a publisher; 412 when the version has moved on."""
    if not principal.internal:
        raise Forbidden
    before = await store.find(tx, name, principal, lock=True)
    if before is None:
        raise NotFound("source")
    if before["version"] != version:
        raise Stale(before["version"])
    given: dict[str, Any] = patch.model_dump(exclude_unset=True, exclude={"paused"})
    if patch.paused is not None:
        given["paused_at"] = (before["paused_at"] or tx.now) if patch.paused else None
    changes = {name: value for name, value in given.items() if before[name] != value}
    return shown(await store.update(tx, before["id"], changes) if changes else before, prefix)


async def make_topics(runtime: Runtime) -> None:
    """Make the topics of new publishers and set them ready; safe in many workers at once."""
    async with runtime.database.consumers.read() as reader:
        waiting = await store.creating(reader)
    for row in waiting:
        spec = TopicSpec(rules.topic(runtime.settings.topic_prefix, row["name"]), row["partitions"], RETENTION_HOURS)
        try:
            await ensure_topics(runtime.settings.kafka, [spec], replication=runtime.settings.topic_replication)
        except TopicMismatchError as error:
            log.error("source.topic_mismatch", source=row["name"], error=str(error))  # noqa: TRY400 - no stack needed
            continue
        async with runtime.database.consumers.begin() as tx:
            await store.mark_ready(tx, row["id"])


async def lock(tx: Tx, names: Iterable[str]) -> dict[str, Publisher]:
    """These publishers, locked: batches of one source are taken in one after the other."""
    return await store.lock(tx, names)


async def hold_all(tx: Tx) -> None:
    """Let no batch of any publisher be taken in until this transaction ends, and wait for those under way."""
    await store.lock_every(tx)


async def named(reader: Reader, names: Iterable[str]) -> dict[str, Publisher]:
    """These publishers, as they are now."""
    return await store.named(reader, names)


async def of_caller(reader: Reader, principal: Principal) -> dict[str, Publisher]:
    """The publishers that a token may speak for: those of its unit, only one when it names a source."""
    mine = await store.of_unit(reader, principal.unit)
    return {name: one for name, one in mine.items() if principal.source in (None, name)}


async def taken(tx: Tx, newest: Mapping[str, datetime | None], duplicates: Mapping[str, int]) -> None:
    """Move the watermarks of locked publishers on and count repeats."""
    await store.taken(tx, newest, duplicates)


def shown(row: asyncpg.Record, prefix: str) -> Source:
    """A row as callers see it."""
    fields = {name: row[name] for name in Source.model_fields if name not in ("topic", "unit_created")}
    return Source(**fields, topic=rules.topic(prefix, row["name"]))
