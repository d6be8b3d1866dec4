"""Who may decide: staff, leads and directors, as the organisation has them; an administrator decides as a director."""

from __future__ import annotations

from guanxi import directory
from guanxi.auth import ADMIN, Principal
from guanxi.db import Tx
from guanxi.problems import Forbidden

STAFF, LEAD, DIRECTOR = "staff", "lead", "director"
_RANKS = (STAFF, LEAD, DIRECTOR)


async def level(tx: Tx, principal: Principal) -> str:
    """The level at which the caller decides; who is not known here, or has left, decides nothing (`staff`)."""
    if principal.may(ADMIN):
        return DIRECTOR
    found = await directory.employee(tx, principal.employee_id) if principal.employee_id else None
    if found is None or found.level not in _RANKS:
        return STAFF
    unit = await directory.unit(tx, found.unit_id)
    return found.level if found.present(tx.now, directory.zone_of(unit.time_zone if unit else "")) else STAFF


async def check(tx: Tx, principal: Principal, least: str) -> str:
    """The caller's level; 403 `not-yours-to-decide` below `least`."""
    found = await level(tx, principal)
    if _RANKS.index(found) < _RANKS.index(least):
        raise Forbidden(f"Only a {least}, or somebody above, decides this.", "not-yours-to-decide")
    return found
