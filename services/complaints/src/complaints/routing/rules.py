"""Which unit holds a complaint: the best rule, and if its unit is unknown or its lead has left, the parent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi.directory import Unit

HEAD_OFFICE = "head-office"
"""Holds what no other unit holds."""
DESK = "complaint-desk"
"""Where the default rule leads."""
_HIGHEST = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Complaints of this cause (None: any) about products whose sku begins so (None: any) go to this unit."""

    id: UUID
    version: int
    cause: str | None
    sku_prefix: str | None
    to_unit: str
    priority: int

    def fits(self, cause: str, sku: str | None) -> bool:
        """Whether the rule speaks of such a complaint."""
        of_product = self.sku_prefix is None or (sku is not None and sku.startswith(self.sku_prefix))
        return self.cause in (None, cause) and of_product


@dataclass(frozen=True, slots=True)
class Leaver:
    """An employee who has left or will leave; `zone` is the time zone of their unit."""

    id: UUID
    left_on: date
    zone: ZoneInfo

    @property
    def gone_from(self) -> datetime:
        """The moment from which nothing may be left to them: the day's beginning at their unit."""
        return datetime.combine(self.left_on, time(), self.zone)


@dataclass(frozen=True, slots=True)
class Organisation:
    """The units known here, and the employees who have left."""

    units: Mapping[str, Unit]
    left: Collection[UUID] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """The unit that holds, its lead when it has one, and why this unit."""

    unit: str
    lead_id: UUID | None
    reason: str


def may_hold(unit: Unit, of_unit: str | None) -> bool:
    """Whether the unit may hold complaints of `of_unit` (None: of any unit).

    An external unit sees only its own records: whatever else it held, nobody there could read, accept or answer.
    """
    return unit.internal or unit.code == of_unit


def best(rules: Sequence[Rule], cause: str, sku: str | None) -> Rule | None:
    """The fitting rule of highest priority; of equals the one that says more, then the older one."""
    fitting = [rule for rule in rules if rule.fits(cause, sku)]
    return min(
        fitting, key=lambda r: (-r.priority, -len(r.sku_prefix or ""), r.cause is None, r.id.bytes), default=None
    )


def wanted(rules: Sequence[Rule], cause: str, sku: str | None, first_door: str | None = None) -> tuple[str, str]:
    """The unit that a new complaint should go to, and why: the door it came to, else by rule, else the desk."""
    if first_door is not None:
        return first_door, "first_door"
    rule = best(rules, cause, sku)
    if rule is None:
        return DESK, "default"
    return rule.to_unit, "rule" if rule.cause or rule.sku_prefix else "default"


def standing(
    organisation: Organisation, code: str, reason: str, of_unit: str | None = None, *, led: bool = False
) -> Route:
    """The unit itself, or the nearest above it that can hold a complaint of `of_unit`; head office at the last.

    It can when it is known, may hold it and its lead has not left; with `led` it must have a lead. Where the holder has
    left, a unit without a lead is one whose lead has just left: which of the two is told first must not matter.
    """
    for _ in range(_HIGHEST):
        unit = organisation.units.get(code)
        if unit is None:
            break
        present = unit.lead_id not in organisation.left and not (led and unit.lead_id is None)
        if present and may_hold(unit, of_unit):
            return Route(code, unit.lead_id, reason)
        if unit.parent is None or code == HEAD_OFFICE:
            break
        code, reason = unit.parent, "parent"
    top = organisation.units.get(HEAD_OFFICE)
    lead_id = top.lead_id if top and top.lead_id not in organisation.left else None
    return Route(HEAD_OFFICE, lead_id, reason if code == HEAD_OFFICE else "head_office")
