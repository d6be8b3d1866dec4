"""Taking in what other services say of customers, and showing it on one page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from customer_profile.customers import desk
from customer_profile.customers import usecases as customers
from customer_profile.overview import rules, store
from guanxi.auth import Principal
from guanxi.db import Reader, Tx
from guanxi.events import Event


async def take_in(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """Keep what facts say, in any order, each any number of times; of an erased customer nothing."""
    items = rules.newest(one for event in events if (one := rules.item(event)) is not None)
    gone = await customers.hold(tx, {one.customer_id for one in items}) if items else set()
    living = [one for one in items if one.customer_id not in gone]
    if living:
        await store.keep(tx, living)


async def overview(reader: Reader, customer_id: UUID, principal: Principal) -> rules.Overview:
    """Everything known of a customer over all its records; to an external unit what it recorded itself. 404, 410."""
    view = await desk.view(reader, customer_id, principal)
    members = view.members if principal.internal else (view.customer.id,)
    unit = None if principal.internal else principal.unit
    profile = view.customer
    if len(members) > 1:
        found = await customers.load(reader, members)
        profile = rules.one_profile(profile, [found[one] for one in members if one != profile.id and one in found])
    items = await store.items(reader, members, unit)
    as_of = await store.as_of(reader, members, unit)
    return rules.Overview(
        customer_id, profile, members, rules.sections(items, as_of, view.customer.id, internal=principal.internal)
    )


async def rows_between(
    reader: Reader, members: Sequence[UUID], since: datetime, until: datetime | None
) -> list[rules.Rows]:
    """What other services were told of these records within a time, as far as their facts have come."""
    return await store.between(reader, members, since, until)


async def cleanse(tx: Tx) -> None:
    """Forget what is kept of everybody who was erased."""
    await store.erase(tx, await customers.erased(tx))


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Forget what other services said of these customers."""
    return await store.erase(tx, customer_ids)
