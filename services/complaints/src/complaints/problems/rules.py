"""The life of a problem: suspected → recognised → solution_decided → improved. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from guanxi.problems import Conflict

SUSPECTED, RECOGNISED, SOLUTION_DECIDED, IMPROVED = "suspected", "recognised", "solution_decided", "improved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One cause (and article) that many complain of; the columns of its row.

    `since` is the day of the first complaint that counts for it.
    """

    id: UUID
    version: int = 1
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    cause: str
    sku: str | None
    status: str = SUSPECTED
    since: date
    complaints: int
    complainants: int
    recognised_by: str | None = None
    recognised_at: datetime | None = None
    solution: str | None = None
    remedy: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    improved_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Heap:
    """Complaints of one cause and article: how many, from whom (each record by itself), and since when."""

    cause: str
    sku: str | None
    complaints: int
    anonymous: int
    customers: Collection[UUID]
    first: datetime


@dataclass(frozen=True, slots=True)
class Solution:
    """How everybody who complains of a cause and article is answered."""

    problem_id: UUID
    text: str
    remedy: str | None
    decided_at: datetime


def recognised(one: Problem, by: str, now: datetime) -> Problem:
    """The problem after a person has recognised it. 409 `already-recognised`."""
    if one.status != SUSPECTED:
        raise Conflict("already-recognised", f"This problem is {one.status} already.")
    return _moved(one, now, status=RECOGNISED, recognised_by=by, recognised_at=now)


def solved(one: Problem, text: str, remedy: str | None, by: str, now: datetime) -> Problem:
    """The problem with its uniform solution; a better one may take its place. 409 `not-recognised`, `improved`."""
    if one.status == SUSPECTED:
        raise Conflict("not-recognised", "Recognise the problem first.")
    if one.status == IMPROVED:
        raise Conflict("improved", "What caused it has been changed.")
    return _moved(one, now, status=SOLUTION_DECIDED, solution=text, remedy=remedy, decided_by=by, decided_at=now)


def improved(one: Problem, since: datetime, now: datetime) -> Problem:
    """The problem after its cause was changed, from a moment on; a second change moves nothing.

    Who complains after the first one makes a new problem, which the second has to name.
    """
    if one.status == IMPROVED:
        return one
    return _moved(one, now, status=IMPROVED, improved_from=since)


def _moved(one: Problem, now: datetime, **changes: object) -> Problem:
    return replace(one, version=one.version + 1, recorded_at=now, **changes)  # type: ignore[arg-type]
