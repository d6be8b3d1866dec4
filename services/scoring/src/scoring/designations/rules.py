"""The life of a designation: proposed, then approved or refused; what is approved ends when a person says so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from guanxi.problems import Conflict

PLATFORM = "guanxi"
"""Who proposes when a customer enters the segment of key customers."""
TOP_TIER, LEFT_TOP_TIER = "top-tier", "left-top-tier"
KEY_SEGMENT, LEFT_KEY_SEGMENT = "key-segment", "left-key-segment"
"""Of tiers that the segment takes beside the best one, and of who leaves it in another way than by falling."""
OPEN = ("proposed", "approved")

Decision = Literal["approved", "refused"]
Status = Literal["proposed", "approved", "refused", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Designation:
    """That a customer is a key customer, or is to be one; `since` and `until` are when it was approved and ended."""

    id: UUID
    version: int
    created_at: datetime
    recorded_at: datetime
    customer_id: UUID
    status: str
    reason: str
    proposed_by: str
    decided_by: str | None = None
    decision_reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    ended_by: str | None = None
    end_reason: str | None = None


def entering(tier: str, best: str) -> str:
    """Why a customer is proposed who enters the segment in a tier; `best` is the first of the tiers."""
    return TOP_TIER if tier == best else KEY_SEGMENT


def leaving(one: Designation, tier: str, best: str) -> str:
    """Why a proposal is taken back of a customer who is outside the segment now, in a tier."""
    return LEFT_TOP_TIER if one.reason == TOP_TIER and tier != best else LEFT_KEY_SEGMENT


def decided(one: Designation, decision: Decision, reason: str | None, by: str, now: datetime) -> Designation:
    """The designation after a decision. 409 `already-decided`; 409 `own-proposal` for who proposed it."""
    if one.status != "proposed":
        raise Conflict("already-decided", f"The designation is {one.status} already.")
    if one.proposed_by == by:
        raise Conflict("own-proposal", "Who proposes a key customer leaves the decision to somebody else.")
    return replace(
        one,
        version=one.version + 1,
        recorded_at=now,
        status=decision,
        decided_by=by,
        decision_reason=reason,
        since=now if decision == "approved" else None,
    )


def ended(one: Designation, reason: str, by: str, now: datetime) -> Designation:
    """The designation after its end; a proposal is withdrawn in the same way. 409 `already-ended`."""
    if one.status not in OPEN:
        raise Conflict("already-ended", f"The designation is {one.status} already.")
    until = now if one.since else None
    return replace(
        one, version=one.version + 1, recorded_at=now, status="ended", until=until, ended_by=by, end_reason=reason
    )
