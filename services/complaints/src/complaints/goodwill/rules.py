"""The life of a request: asked, then approved or refused by another; what was approved is spent at its true cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from guanxi.problems import Conflict, Forbidden

ASKED, APPROVED, REFUSED, SPENT = "asked", "approved", "refused", "spent"
Decision = Literal["approved", "refused"]
_STAFF, _LEAD = "staff", "lead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request for goodwill; the columns of its row. `unit_id` is the unit whose budget pays.

    `cost_minor` is the estimate, `spent_minor` the true cost; `year` is the budget's, set with the approval.
    """

    id: UUID
    version: int = 1
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    customer_id: UUID
    complaint_id: UUID | None = None
    sku: str | None = None
    kind: str
    cost_minor: int
    currency: str
    note: str | None = None
    answer: Mapping[str, Any]
    status: str = ASKED
    asked_by: str
    decided_by: str | None = None
    decider_id: UUID | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    year: int | None = None
    spent_minor: int | None = None
    spent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a unit may give in a calendar year, and what is committed: approved at estimates, spent at true cost."""

    id: UUID
    version: int = 1
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    year: int
    limit_minor: int
    currency: str
    committed_minor: int = 0

    @property
    def left_minor(self) -> int:
        """What may still be approved; below zero when the true costs came to more than was estimated."""
        return self.limit_minor - self.committed_minor


def check_decider(one: Request, decision: Decision, level: str, by: str, lead_limit_minor: int) -> None:
    """Refuse who may not: staff, whoever asked, and a lead who approves more than `lead_limit_minor`. 403, 409."""
    if level == _STAFF:
        raise Forbidden("Only a lead, or somebody above, decides about goodwill.", "not-yours-to-decide")
    if one.asked_by == by:
        raise Conflict("own-request", "Who asks for goodwill leaves the decision to somebody else.")
    if decision == APPROVED and level == _LEAD and one.cost_minor > lead_limit_minor:
        raise Forbidden("So much goodwill is a director's to approve.", "above-your-limit")


def decided(one: Request, decision: Decision, reason: str | None, by: str, now: datetime) -> Request:
    """The request after a decision. 409 `already-decided`."""
    if one.status != ASKED:
        raise Conflict("already-decided", f"This request is {one.status} already.")
    return replace(
        one,
        version=one.version + 1,
        recorded_at=now,
        status=decision,
        reason=reason,
        decided_by=by,
        decided_at=now,
    )


def spent(one: Request, cost_minor: int, spent_at: datetime, now: datetime) -> Request:
    """The request after it was given, at its true cost. 409 `not-approved`, `already-spent`."""
    if one.status == SPENT:
        raise Conflict("already-spent", "What it cost has been entered already.")
    if one.status != APPROVED:
        raise Conflict("not-approved", f"This request is {one.status}: only what was approved is spent.")
    return replace(
        one, version=one.version + 1, recorded_at=now, status=SPENT, spent_minor=cost_minor, spent_at=spent_at
    )


def entitled(kind: str, covered_kinds: Sequence[str], *, covered: bool) -> bool:
    """Whether it needs no goodwill: the warranty that answers covers this kind of service."""
    return covered and kind in covered_kinds
