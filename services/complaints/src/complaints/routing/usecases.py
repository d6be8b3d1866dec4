"""Keeping the rules, and routing by them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from complaints.routing import rules as decide
from complaints.routing import store
from complaints.routing.rules import HEAD_OFFICE, Organisation, Route, Rule
from complaints.tickets.rules import Ticket
from guanxi import directory
from guanxi.db import Reader, Tx
from guanxi.problems import Conflict, NotFound, Stale, Unprocessable


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a complaint that wants a holder; `unit` is the one whose record it is."""

    unit: str
    cause: str
    sku: str | None = None
    first_door: str | None = None


async def route_all(tx: Tx, asked: Sequence[Asked]) -> tuple[list[Route], Organisation]:
    """Where each complaint goes, and the units that this was decided over."""
    rules = await store.rules(tx)
    wanted = [decide.wanted(rules, one.cause, one.sku, one.first_door) for one in asked]
    organisation = await organisation_of(tx, {unit for unit, _ in wanted})
    routes = [decide.standing(organisation, *to, one.unit) for to, one in zip(wanted, asked, strict=True)]
    return routes, organisation


async def stand_in(tx: Tx, ticket: Ticket, reason: str) -> Route:
    """The ticket's unit, or who stands in for it."""
    organisation = await organisation_of(tx, [ticket.holder_unit])
    return decide.standing(organisation, ticket.holder_unit, reason, ticket.unit_id)


async def successor(tx: Tx, ticket: Ticket, reason: str, leavers: Collection[UUID]) -> Route:
    """The lead who takes over from a holder who has left; the directory may not know yet that these leavers have."""
    organisation = await organisation_of(tx, [ticket.holder_unit], leavers)
    return decide.standing(organisation, ticket.holder_unit, reason, ticket.unit_id, led=True)


async def gone(reader: Reader, employee_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Those of these employees who have left by now."""
    leavers = await store.leavers(reader, employee_ids) if employee_ids else []
    return {leaver.id for leaver in leavers if leaver.gone_from <= now}


async def check_holder(reader: Reader, field: str, code: str, of_unit: str | None) -> None:
    """422 naming the field, unless this is a unit that may hold complaints of `of_unit` (None: of any unit)."""
    unit = await directory.unit(reader, code)
    if unit is None:
        raise Unprocessable.field(field, "unknown-unit", "There is no such unit.")
    if not decide.may_hold(unit, of_unit):
        raise Unprocessable.field(field, "external-unit", "An external unit holds only its own complaints.")


async def organisation_of(tx: Tx, units: Collection[str], also_left: Collection[UUID] = ()) -> Organisation:
    """These units and all above them, head office always, and which of their leads have left."""
    known = await directory.lineage(tx, {*units, HEAD_OFFICE})
    leads = {unit.lead_id for unit in known.values() if unit.lead_id is not None}
    return Organisation(known, await gone(tx, leads, tx.now) | set(also_left))


async def listed(reader: Reader) -> list[Rule]:
    """Every rule in force, the highest priority first."""
    return await store.rules(reader)


async def read(reader: Reader, rule_id: UUID) -> Rule:
    """One rule; 404 when there is none in force."""
    found = await store.rule(reader, rule_id)
    if found is None:
        raise NotFound("routing rule")
    return found


async def make(tx: Tx, rule: Rule, by_unit: str) -> Rule:
    """Put a rule in force."""
    await check_holder(tx, "to_unit", rule.to_unit, None)
    await store.insert(tx, rule, by_unit)
    return rule


async def change(tx: Tx, rule: Rule) -> Rule:
    """Replace a rule; `rule.version` is the version that the caller has read."""
    present = await _locked(tx, rule.id, rule.version)
    if _default(present) and not _default(rule):
        detail = "The default route has no conditions and priority 0: something must catch what no rule does."
        raise Conflict("default-route", detail)
    await check_holder(tx, "to_unit", rule.to_unit, None)
    await store.replace(tx, rule)
    return await read(tx, rule.id)


async def retire(tx: Tx, rule_id: UUID, version: int) -> None:
    """Take a rule out of force; the default route stays."""
    if _default(await _locked(tx, rule_id, version)):
        raise Conflict("default-route", "The default route stays: change its unit instead.")
    await store.retire(tx, rule_id)


async def _locked(tx: Tx, rule_id: UUID, version: int) -> Rule:
    found = await store.rule(tx, rule_id, lock=True)
    if found is None:
        raise NotFound("routing rule")
    if found.version != version:
        raise Stale(found.version)
    return found


def _default(rule: Rule) -> bool:
    return rule.cause is None and rule.sku_prefix is None and rule.priority <= 0
