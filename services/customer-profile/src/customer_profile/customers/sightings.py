"""Who saw which customers: one row of the audit trail a page of a list or an export, with ids and what was asked for.

`details->'customers'` is indexed, so that who looked at one customer is a query over lists and exports as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from customer_profile.customers.listing import Filter
from guanxi.auth import AuditEntry, Principal, audit
from guanxi.db import Pool

_CODES = ("kind", "role", "lifecycle", "stage", "owner_id", "unit", "industry", "absorbed")
_WORDS = ("name", "phone", "email", "credit_code")


def asked_for(wanted: Filter) -> dict[str, Any]:
    """A filter as the trail may hold it: of what names a person only that it was searched for."""
    codes = {name: value for name in _CODES if (value := getattr(wanted, name))}
    words = [name for name in _WORDS if getattr(wanted, name) is not None]
    return {**codes, **({"searched": words} if words else {})}


async def note(  # noqa: PLR0913 - the parts of a row
    pool: Pool, principal: Principal, action: str, seen: Iterable[UUID], asked: Mapping[str, Any], *, unmasked: bool
) -> None:
    """Put on record that a caller saw these customers."""
    details = {"customers": [str(id_) for id_ in seen], "asked": dict(asked)}
    async with pool.single() as tx:
        await audit(tx, principal, AuditEntry(action, "customers", unmasked=unmasked, details=details))
