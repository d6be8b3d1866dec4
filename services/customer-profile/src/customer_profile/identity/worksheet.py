"""What a person goes through before and after a merge is undone: all that came while it stood, by record and origin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from customer_profile.agreements import usecases as agreements
from customer_profile.customers import assignments
from customer_profile.customers import usecases as customers
from customer_profile.customers.rules import Customer
from customer_profile.identity import merging, store
from customer_profile.identity.rules import Merge
from customer_profile.identity.worksheet_rules import Kind, Line, decided, edited, in_order, within
from customer_profile.matching import desk as duplicates
from customer_profile.overview import usecases as overview
from customer_profile.referrals import usecases as referrals
from guanxi.auth import Principal
from guanxi.db import Reader


@dataclass(frozen=True, slots=True)
class Worksheet:
    """A merge with what came to its records while it stood; `speaks` is the id that it was read and written by."""

    merge: Merge
    speaks: UUID
    members: tuple[UUID, ...]
    lines: tuple[Line, ...]


async def of_merge(reader: Reader, merge_id: UUID, principal: Principal) -> Worksheet:
    """The worksheet of a merge that stands or was undone. 403 for external units, 404."""
    merge = await merging.find(reader, merge_id, principal)
    both = (merge.survivor_id, merge.absorbed_id)
    found = await customers.load(reader, both)
    speaks = _speaks(merge, found.values())
    members = tuple(dict.fromkeys((speaks, *both)))
    lines = [line for id_ in members for line in await _of_record(reader, id_, merge)]
    lines += await _rows(reader, members, merge)
    lines += await _decision(reader, merge, found)
    return Worksheet(merge, speaks, members, tuple(in_order(lines, speaks)))


async def _of_record(reader: Reader, customer_id: UUID, merge: Merge) -> list[Line]:
    since, until = merge.created_at, merge.undone_at
    changes = await customers.changes_since(reader, customer_id, since)
    lines = edited(customer_id, [one for one in changes if within(one.recorded_at, since, until)])
    named = [one for one in await store.aliases(reader, customer_id) if within(one.created_at, since, until)]
    # A source that names somebody new registers a record: a new name of an old one was entered by a person.
    for source in sorted({one.source for one in named}):
        of_source = [one.created_at for one in named if one.source == source]
        lines.append(_line("alias", customer_id, "name", of_source, source=source))
    kept = await assignments.of_record(reader, customer_id)
    for role in sorted({one.role for one in kept if one.role != assignments.OWNER}):
        began = [one.since for one in kept if one.role == role and within(one.since, since, until)]
        lines += [_line("assignment", customer_id, role, began)] if began else []
    brought = [one.created_at for one in await referrals.of_record(reader, customer_id)]
    brought = [at for at in brought if within(at, since, until)]
    lines += [_line("referral", customer_id, "referral", brought)] if brought else []
    agreed = [one.created_at for one in await agreements.of_record(reader, customer_id)]
    agreed = [at for at in agreed if within(at, since, until)]
    return [*lines, _line("agreement", customer_id, "agreement", agreed)] if agreed else lines


async def _rows(reader: Reader, members: Iterable[UUID], merge: Merge) -> list[Line]:
    return [
        Line(
            kind="rows",
            customer_id=one.customer_id,
            what=one.section,
            source=one.source,
            count=one.count,
            at=one.at,
            by_person=one.source is None,
        )
        for one in await overview.rows_between(reader, list(members), merge.created_at, merge.undone_at)
    ]


async def _decision(reader: Reader, merge: Merge, found: dict[UUID, Customer]) -> list[Line]:
    pair = await duplicates.pair(reader, merge.survivor_id, merge.absorbed_id)
    if pair is None:
        return []
    joined = len({one.canonical_id for one in found.values()}) == 1
    settled = decided(pair.status, joined=joined)
    return [
        Line(
            kind="match_decision",
            customer_id=merge.survivor_id,
            what=pair.status,
            by=pair.decided_by,
            at=pair.decided_at,
            settled=settled,
        )
    ]


def _line(kind: Kind, customer_id: UUID, what: str, moments: list[datetime], *, source: str | None = None) -> Line:
    return Line(
        kind=kind,
        customer_id=customer_id,
        what=what,
        source=source,
        count=len(moments),
        at=max(moments),
    )


def _speaks(merge: Merge, records: Iterable[Customer]) -> UUID:
    # Of an undone merge nobody keeps who spoke for more than the two; the survivor named is who did, as a rule.
    if merge.status != "active":
        return merge.survivor_id
    return next((one.canonical_id for one in records if one.id == merge.survivor_id), merge.survivor_id)
