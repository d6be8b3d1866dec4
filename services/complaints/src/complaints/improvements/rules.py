"""The life of an improvement: proposed → approved by another → published; it is effective from its day on. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi.problems import Conflict

PROBLEM, REVIEW, SUGGESTION = "problem", "review", "suggestion"
PROPOSED, APPROVED, PUBLISHED = "proposed", "approved", "published"
LATE = timedelta(days=42)
"""So long after its day an improvement looks daily for complaints that came late, or whose customer was found late."""
_DAILY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """Something that the firm changes; the columns of its row.

    It answers complaints of its cause and article (without one: those that name none) filed from `complaints_since`
    until before `answers_before`.
    """

    id: UUID
    version: int = 1
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    source: str
    problem_id: UUID | None = None
    cycle_id: UUID | None = None
    cause: str | None = None
    sku: str | None = None
    complaints_since: date
    indicator: str | None = None
    titles: Sequence[Mapping[str, str]]
    owner_id: UUID | None = None
    cost_minor: int | None = None
    currency: str | None = None
    effective_on: date
    status: str = PROPOSED
    proposed_by: str
    approved_by: str | None = None
    approved_at: datetime | None = None
    published_at: datetime | None = None
    answers_before: datetime | None = None
    complainants: int = 0
    anonymous: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """A complaint that an improvement answers."""

    id: UUID
    number: str
    unit_id: str
    customer_id: UUID | None
    cause: str
    sku: str | None


def amended(one: Improvement, changes: Mapping[str, Any], now: datetime) -> Improvement:
    """The proposal put right; who approves must know what. 409 `already-approved`."""
    if one.status != PROPOSED:
        raise Conflict("already-approved", f"This improvement is {one.status}: it is changed no more.")
    return replace(one, version=one.version + 1, recorded_at=now, **changes)


def approved(one: Improvement, by: str, now: datetime) -> Improvement:
    """The improvement after its approval. 409 `already-approved`, `own-proposal`."""
    if one.status != PROPOSED:
        raise Conflict("already-approved", f"This improvement is {one.status} already.")
    if one.proposed_by == by:
        raise Conflict("own-proposal", "Who proposes an improvement leaves the approval to somebody else.")
    return replace(one, version=one.version + 1, recorded_at=now, status=APPROVED, approved_by=by, approved_at=now)


def published(one: Improvement, zone: ZoneInfo, now: datetime) -> Improvement:
    """The improvement after its publication. 409 `not-approved`, `already-published`.

    It answers what was complained of before its day, and until now where that day has begun.
    """
    if one.status != APPROVED:
        code = "already-published" if one.status == PUBLISHED else "not-approved"
        raise Conflict(code, f"This improvement is {one.status}.")
    begins = datetime.combine(one.effective_on, time(), zone)
    return replace(
        one,
        version=one.version + 1,
        recorded_at=now,
        status=PUBLISHED,
        published_at=now,
        answers_before=max(begins, now),
    )


def looks_again(one: Improvement, now: datetime) -> datetime | None:
    """When it looks once more, all known ones being told of: on its day, then daily for a while; None: no more."""
    if one.answers_before is None:
        return None
    if one.answers_before > now:
        return one.answers_before
    return now + _DAILY if now < one.answers_before + LATE else None


def per_million(complaints: int, pieces: int) -> int | None:
    """Complaints for each million pieces sold, rounded; None where none were sold."""
    return round(complaints * 1_000_000 / pieces) if pieces else None
