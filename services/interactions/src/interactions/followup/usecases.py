"""Putting the follow-up sheet together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from guanxi.auth import Principal
from guanxi.db import Pool
from interactions import scope
from interactions.contacts import usecases as contacts
from interactions.contacts.rules import Contact
from interactions.needs import usecases as needs
from interactions.needs.rules import Need
from interactions.plans import usecases as plans
from interactions.plans.rules import PlanItem
from interactions.promises import usecases as promises
from interactions.promises.rules import Promise

MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What there is to come back to with a customer."""

    customer_id: UUID
    at: datetime
    last_contact: Contact | None
    promises: Sequence[Promise]
    plan_items: Sequence[PlanItem]
    needs: Sequence[Need]

    @property
    def days_since(self) -> int | None:
        """Whole days since the last contact."""
        return (self.at - self.last_contact.occurred_at).days if self.last_contact else None


async def sheet(pool: Pool, principal: Principal, customer_id: UUID) -> Sheet:
    """The sheet of a customer with all that were merged into it, as far as the caller may see; 404, 410, 503."""
    reach = await scope.reach(pool, principal, customer_id)
    async with pool.read() as reader:
        return Sheet(
            customer_id=reach.canonical_id,
            at=pool.stamp().now,
            last_contact=await contacts.newest(reader, principal, reach.ids),
            promises=await promises.open_of(reader, principal, reach.ids, MOST),
            plan_items=await plans.open_of(reader, principal, reach.ids, MOST),
            needs=await needs.open_of(reader, principal, reach.ids, MOST),
        )
