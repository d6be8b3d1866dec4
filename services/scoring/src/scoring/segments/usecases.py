"""Keeping memberships up to date with the scores, and reading them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events import Event
from guanxi.events.scores import SegmentChanged
from guanxi.problems import NotFound
from scoring.designations import usecases as designations
from scoring.scorecards import files
from scoring.scorecards import usecases as scorecards
from scoring.scorecards.cards import Cards
from scoring.scorecards.rules import Segment
from scoring.scores.computing import Picture
from scoring.scores.telling import reason_facts
from scoring.segments import store
from scoring.segments.rules import KEY_CUSTOMERS, TIER, belongs, direction, first_tier
from scoring.segments.store import Member, Membership, Move, TierSum, membership_id


async def settle(tx: Tx, found: Sequence[Picture], causes: Mapping[UUID, datetime], known: Cards) -> None:
    """Write each customer's memberships as its scores have them, and tell who moved; the absorbed leave."""
    some = known.segments.segments
    before = await store.of_customers(tx, [(one.customer_id, each.id) for one in found for each in some])
    start = first_tier(known.value.bands)
    changes = [_change(one, each, before.get((one.customer_id, each.id)), start) for one in found for each in some]
    await store.save(tx, [after for _, _, after in changes])
    told = [(one, was, after) for one, was, after in changes if after.sequence > was.sequence]
    moves = [(one, was, after) for one, was, after in told if after.segment == TIER and not _returns(was)]
    await store.note_moves(tx, [_move(tx, one, was, after, known) for one, was, after in moves])
    events = [_moved(tx, one, was, after, causes[one.customer_id], known) for one, was, after in told]
    absorbed = [one for each in found for one in each.absorbed]
    left = await store.leave(tx, absorbed) if absorbed else []
    parents = {each: one for one in found for each in one.members}
    await _designate(tx, told, left, known.value.bands[0].name)
    # Its leaving is the first thing told of a membership that never was more than the first tier: not worth telling.
    version = str(known.segments.version)
    events += [_left(tx, one, parents[one.customer_id], causes, version) for one in left if one.sequence > 1]
    await log.record(tx, *events)


async def _designate(
    tx: Tx, told: Sequence[tuple[Picture, Membership, Member]], left: Sequence[Membership], best: str
) -> None:
    key = [(one, was, after) for one, was, after in told if after.segment == KEY_CUSTOMERS]
    entered = {
        one.customer_id: designations.Entered(after.tier, one.members)
        for one, was, after in key
        if after.belongs and not was.belongs
    }
    gone = {one.customer_id: after.tier for one, _, after in key if not after.belongs}
    gone |= {one.customer_id: one.tier for one in left if one.segment == KEY_CUSTOMERS}
    await designations.on_segment(tx, best, entered, gone)


async def members(
    reader: Reader, segment: str, tier: str | None, after: Sequence[Any] | None, limit: int
) -> list[Member]:
    """Members of a segment; 404 for a segment that there is not."""
    return await store.page(reader, _segment(files.cards(), segment).id, tier, after, limit)


async def moves(reader: Reader, tier: str | None, after: Sequence[Any] | None, limit: int) -> list[Move]:
    """Moves between tiers, newest first."""
    return await store.moves(reader, tier, after, limit)


async def summary(reader: Reader, segment: str) -> list[TierSum]:
    """What each tier of a segment comes to, in the order of the tiers."""
    known = await scorecards.in_force(reader)
    asked = _segment(known, segment)
    found = {one.tier: one for one in await store.summary(reader, asked.id)}
    # Of a version that was published a moment ago some members are still to leave.
    tiers = [band.name for band in known.value.bands if belongs(asked, band.name) or band.name in found]
    return [found.get(tier, TierSum(tier, 0, 0, 0)) for tier in tiers]


async def tier_of(reader: Reader, customer_id: UUID) -> Member | None:
    """The tier of a customer, None while nothing has been computed."""
    return await store.one(reader, customer_id, TIER)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Delete these customers' memberships."""
    return await store.forget(tx, customer_ids)


def _segment(known: Cards, segment: str) -> Segment:
    found = next((one for one in known.segments.segments if one.id == segment), None)
    if found is None:
        raise NotFound("segment")
    return found


def _change(
    one: Picture, segment: Segment, before: Membership | None, start: str
) -> tuple[Picture, Membership, Member]:
    tier, since = one.standing.tier, one.standing.since
    value = one.scores[files.VALUE]
    nothing = Membership(membership_id(one.customer_id, segment.id), 0, segment.id, one.customer_id, start, False)
    was = before or nothing
    inside = belongs(segment, tier)
    # In a segment of some tiers only coming and going counts; in the segment of all tiers every change does, but being
    # of the first tier is no news about somebody of whom nothing else is known. Coming back is, whatever the tier.
    moved = inside != was.belongs if segment.tiers else tier != was.tier or _returns(was)
    return (
        one,
        was,
        Member(
            id=was.id,
            sequence=was.sequence + moved,
            segment=segment.id,
            customer_id=one.customer_id,
            tier=tier,
            belongs=inside,
            since=since,
            as_of=value.as_of,
            value=value.value,
            profit_minor=value.inputs.get("profit_minor"),
            members=one.members,
        ),
    )


def _returns(was: Membership) -> bool:
    """Whether the customer was told to have left: it was part of another until now."""
    return was.sequence > 0 and not was.belongs


def _move(tx: Tx, one: Picture, was: Membership, after: Member, known: Cards) -> Move:
    way = direction(known.value.bands, was.tier, after.tier)
    moved_on = one.standing.since or after.as_of
    return Move(tx.new_id(), one.customer_id, was.tier, after.tier, way, moved_on, after.value, tx.now)


def _moved(  # noqa: PLR0913 - what an event tells
    tx: Tx, one: Picture, was: Membership, after: Member, at: datetime, known: Cards
) -> Event[SegmentChanged]:
    tiers = _segment(known, after.segment).tiers
    # Without a previous tier, as it left: the customer has not risen, it goes on under its own id.
    way = "entered" if _returns(was) else direction(known.value.bands, was.tier, after.tier)
    fact = SegmentChanged(
        segment=after.segment,
        tier=None if tiers else after.tier,
        previous_tier=None if tiers or _returns(was) else was.tier,
        as_of=after.as_of,
        direction=("entered" if after.belongs else "left") if tiers else way,
        version=str(known.segments.version),
        reasons=reason_facts(one.scores[files.VALUE].reasons),
        members=one.members,
    )
    return log.draft(tx, fact, aggregate=after.id, sequence=after.sequence, subject=one.customer_id, time=at)


def _left(
    tx: Tx, one: Membership, parent: Picture, causes: Mapping[UUID, datetime], version: str
) -> Event[SegmentChanged]:
    # Without a previous tier: the customer has not fallen, it goes on under another id.
    fact = SegmentChanged(
        segment=one.segment,
        as_of=parent.scores[files.VALUE].as_of,
        direction="left",
        version=version,
        members=parent.members,
    )
    at = causes[parent.customer_id]
    return log.draft(tx, fact, aggregate=one.id, sequence=one.sequence, subject=one.customer_id, time=at)
