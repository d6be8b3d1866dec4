"""Which service level a customer has at the moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from complaints.levels import store
from complaints.levels.store import Membership
from guanxi.db import Reader, Tx
from guanxi.events import Event
from guanxi.events.scores import SegmentChanged


async def keep(tx: Tx, events: Sequence[Event[SegmentChanged]]) -> None:
    """Keep the tier of each customer in each segment; of one membership there is one event at most."""
    await store.keep(tx, [_membership(event, event.subject) for event in events if event.subject is not None])


async def service_levels(reader: Reader, customer_ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """The level of each of these customers; nobody in particular has the ordinary one."""
    asked = set(customer_ids)
    named = {one for one in asked if one is not None}
    known = await store.levels(reader, named) if named else {}
    return {one: known.get(one, store.ORDINARY) if one else store.ORDINARY for one in asked}


def _membership(event: Event[SegmentChanged], customer_id: UUID) -> Membership:
    said = event.data
    return Membership(event.aggregateid, event.sequence, customer_id, said.segment, said.tier, said.as_of)
