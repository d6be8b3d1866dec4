"""Which service level a customer has at the moment."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from complaints.levels import store
from guanxi.db import Reader


async def service_levels(reader: Reader, customer_ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """The level of each of these customers; nobody in particular has the ordinary one."""
    asked = set(customer_ids)
    named = {one for one in asked if one is not None}
    known = await store.levels(reader, named) if named else {}
    return {one: known.get(one, store.ORDINARY) if one else store.ORDINARY for one in asked}
