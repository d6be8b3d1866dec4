"""Letting reports in so that any order of arrival, and any repetition, ends in the same state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from typing_extensions import TypeVar

from guanxi import directory
from guanxi.db import Tx
from guanxi.events import Event, Fact
from interactions.reports import store
from interactions.reports.rules import Admitted

F = TypeVar("F", bound=Fact)


async def admit(tx: Tx, events: Sequence[Event[F]]) -> list[Admitted[F]]:
    """The newest revision of each report that is newer than what we have, in order of ids; none of erased customers.

    Locks each report's row and, against an erasure, each customer's.
    """
    subjects = {event.subject for event in events if event.subject}
    known = await directory.share_locked_many(tx, subjects) if subjects else {}
    erased = {one.id for one in known.values() if one.erased}
    newest = {e.aggregateid: e for e in directory.newest(events) if e.subject not in erased}
    entered = await store.enter(tx, {key: event.sequence for key, event in newest.items()})
    return [Admitted(newest[key], entered[key]) for key in sorted(entered)]


async def void(tx: Tx, events: Sequence[Event[Any]]) -> dict[UUID, Event[Any]]:
    """The reports that these events take back and that had not been taken back before, by id."""
    by_id = {event.aggregateid: event for event in events}
    fresh = await store.void(tx, {key: event.recordedtime for key, event in by_id.items()})
    return {key: by_id[key] for key in sorted(fresh)}


async def void_here(tx: Tx, report_id: UUID) -> None:
    """Note that we have taken back ourselves what a source reported: none of its revisions revives it."""
    await store.void(tx, {report_id: tx.now})
