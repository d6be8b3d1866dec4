"""Keeping the rules, and routing by them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from complaints.routing import rules as decide
from complaints.routing import store
from complaints.routing.rules import Organisation, Route, Rule
from guanxi import directory
from guanxi.db import Reader, Tx
from guanxi.problems import Conflict, NotFound, Stale, Unprocessable


@dataclass(frozen=True, slots=True)
class Desk:
    """What routing needs, read once for a whole batch."""

    rules: list[Rule]
    organisation: Organisation

    def route(self, cause: str, sku: str | None, first_door: str | None = None) -> Route:
        """Where such a complaint goes."""
        return decide.route(self.rules, self.organisation, cause, sku, first_door)

    def standing(self, unit: str, reason: str) -> Route:
        """The unit, or who stands in for it."""
        return decide.standing(self.organisation, unit, reason)


async def open_desk(tx: Tx, also_left: Collection[UUID] = ()) -> Desk:
    """The rules in force and the organisation as known now; `also_left` are leavers the directory may not know yet."""
    return Desk(await store.rules(tx), await organisation(tx, also_left))


async def organisation(tx: Tx, also_left: Collection[UUID] = ()) -> Organisation:
    """The units by code, and the leads who have left."""
    units = {unit.code: unit for unit in await directory.units(tx)}
    return Organisation(units, await store.leads_who_left(tx) | set(also_left))


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
    await _known_unit(tx, rule.to_unit)
    await store.insert(tx, rule, by_unit)
    return rule


async def change(tx: Tx, rule: Rule) -> Rule:
    """Replace a rule; `rule.version` is the version that the caller has read."""
    present = await _locked(tx, rule.id, rule.version)
    if _default(present) and (rule.cause or rule.sku_prefix):
        raise Conflict("default-route", "The default route has no conditions: something must catch what no rule does.")
    await _known_unit(tx, rule.to_unit)
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


async def _known_unit(tx: Tx, code: str) -> None:
    if await directory.unit(tx, code) is None:
        raise Unprocessable.field("to_unit", "unknown-unit", "There is no such unit.")


def _default(rule: Rule) -> bool:
    return rule.cause is None and rule.sku_prefix is None and rule.priority <= 0
