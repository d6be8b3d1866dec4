"""Which service level a customer has at the moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from complaints.levels import rules, store
from complaints.levels.store import Membership
from guanxi import directory
from guanxi.db import Reader, Tx
from guanxi.events import Event
from guanxi.events.scores import SegmentChanged


async def keep(tx: Tx, events: Sequence[Event[SegmentChanged]]) -> None:
    """Keep the tier of each customer in each segment; of one membership there is one event at most."""
    await store.keep(tx, [_membership(event, event.subject) for event in events if event.subject is not None])


async def service_levels(reader: Reader, customer_ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """The level of each of these customers; nobody in particular has the ordinary one.

    Of merged records the best counts: whoever is served well under one id is not served worse under another.
    """
    asked = set(customer_ids)
    families = await directory.families(reader, [one for one in asked if one is not None]) if asked != {None} else {}
    known = await store.levels(reader, [one for family in families.values() for one in family]) if families else {}
    found: dict[UUID | None, str] = dict.fromkeys(asked, rules.ORDINARY)
    for family in families.values():
        level = rules.best(level for one in family for level in known.get(one, ()))
        found |= {one: level for one in family if one in asked}
    return found


def _membership(event: Event[SegmentChanged], customer_id: UUID) -> Membership:
    said = event.data
    return Membership(event.aggregateid, event.sequence, customer_id, said.segment, said.tier, said.as_of)
