"""What of a merge goes back by itself when it is undone, and what a person has to look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from customer_profile.customers.rules import MERGED, Revision

Kind = Literal[
    "field", "contact_point", "owner", "alias", "assignment", "referral", "agreement", "rows", "match_decision"
]
Advice = Literal["by_itself", "look"]
_OURS = "guanxi"
"""What the platform does by itself bears this name, or one that begins with it and a colon."""
_KINDS: dict[str, Kind] = {"contact_points": "contact_point", "owner_id": "owner"}
_ORDER: tuple[Kind, ...] = (
    *("field", "contact_point", "owner", "alias", "assignment"),
    *("referral", "agreement", "rows", "match_decision"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something that came to one record while the merge stood: what, from where, how often, when last."""

    kind: Kind
    customer_id: UUID
    what: str
    source: str | None = None
    """The publisher that reported it; none for what a person entered."""
    by: str | None = None
    count: int = 1
    at: datetime | None = None
    by_person: bool = True
    settled: bool | None = None
    """Whether it needs nobody, where neither record nor origin decides that."""

    def advice(self, speaks: UUID) -> Advice:
        """A person's own entry under the id that spoke for all may have been meant for any of them; all else is clear.

        Every row keeps the id that it was recorded under: what a source reported is its own record's, and what somebody
        entered under exactly the absorbed record is that record's.
        """
        if self.settled is not None:
            return "by_itself" if self.settled else "look"
        return "look" if self.by_person and self.customer_id == speaks else "by_itself"


def edited(customer_id: UUID, revisions: Iterable[Revision]) -> list[Line]:
    """One line for each field and whoever changed it, however often; what merges change is none."""
    lines: dict[tuple[str, str], Line] = {}
    for one in sorted(revisions, key=lambda revision: revision.version):
        for change in one.diff:
            if change.field == MERGED:
                continue
            known = lines.get((change.field, one.actor))
            lines[change.field, one.actor] = Line(
                kind=_KINDS.get(change.field, "field"),
                customer_id=customer_id,
                what=change.field,
                source=one.source,
                by=one.actor,
                count=known.count + 1 if known else 1,
                at=one.recorded_at,
                by_person=one.source is None and not _is_ours(one.actor),
            )
    return list(lines.values())


def in_order(lines: Iterable[Line], speaks: UUID) -> list[Line]:
    """What has to be looked at first, then by kind."""
    return sorted(
        lines,
        key=lambda one: (
            one.advice(speaks) != "look",
            _ORDER.index(one.kind),
            one.customer_id,
            one.what,
            one.source or "",
            one.by or "",
        ),
    )


def decided(status: str, *, joined: bool) -> bool:
    """Whether what the matcher holds of the two records fits how they are now."""
    return status != "open" and (status == "merged") == joined


def within(at: datetime, since: datetime, until: datetime | None) -> bool:
    """Whether it came while the merge stood."""
    return at > since and (until is None or at <= until)


def _is_ours(actor: str) -> bool:
    return actor == _OURS or actor.startswith(f"{_OURS}:")
