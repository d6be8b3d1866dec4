"""Where a consumer goes on in each of its partitions, and whether the broker's log is still the one it has read.

The database keeps the next offset, and the event and the time of the record before it. On each assignment, and whenever
the way to the broker was broken, that one record is read again and compared: a broker that lost its tail, or was
replaced, holds another one there, and the partition is read from its start. The inbox lets in only what is new.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import structlog

from guanxi.bus.offsets import Position
from guanxi.bus.ports import LostOwnershipError, Place, Reader, Record
from guanxi.bus.store import ConsumerStore

log = structlog.get_logger(__name__)


class Placing:
    """The places of one consumer. Nothing is handed on from a partition before it has its place."""

    def __init__(self, group: str, store: ConsumerStore, *, latest: bool) -> None:
        self._group, self._store, self._latest = group, store, latest
        self._round: int | None = None
        self._next: dict[Place, int] = {}
        self._compare: dict[Place, Position] = {}

    def forget(self) -> None:
        """Place everything anew with the next step."""
        self._round, self._next, self._compare = None, {}, {}

    def next_of(self, place: Place) -> int | None:
        """The next offset of a partition that is ours and has its place."""
        return self._next.get(place)

    def advance(self, positions: Mapping[Place, Position]) -> None:
        """Note how far the effects are; a partition that was taken away meanwhile is none of ours."""
        for place, position in positions.items():
            if place in self._next:
                self._next[place] = max(self._next[place], position.next_offset)

    def go_back(self, reader: Reader, place: Place) -> None:
        """Read again what was read and not applied."""
        if place in self._next:
            with contextlib.suppress(*LostOwnershipError):
                reader.seek(place, self._next[place])

    async def follow(self, reader: Reader) -> None:
        """Put every partition in its place when they have been dealt out anew."""
        assignment = reader.assignment()
        if assignment.round == self._round:
            return
        self.forget()
        await self._place(reader, assignment.places)
        self._round = assignment.round

    async def pass_over(self, reader: Reader) -> None:
        """Go past offsets that hold no record: what was given is applied, and the reader is further on."""
        if reader.assignment().round != self._round:
            return
        found = {place: reader.position(place) for place in self._next}
        empty = {place: Position(at) for place, at in found.items() if at is not None and at > self._next[place]}
        if empty:
            await self._store.place(empty)
            self.advance(empty)

    async def unread(self, reader: Reader, batches: Mapping[Place, Sequence[Record]]) -> dict[Place, Sequence[Record]]:
        """What of a poll is to be applied. A poll that saw another assignment gives nothing: it is read again."""
        if reader.assignment().round != self._round:
            return {}
        found = {place: await self._fresh(reader, place, records) for place, records in batches.items()}
        return {place: records for place, records in found.items() if records}

    async def _fresh(self, reader: Reader, place: Place, records: Sequence[Record]) -> Sequence[Record]:
        wanted = self._next.get(place)
        if wanted is None or not records:
            return ()
        first = records[0]
        compare = self._compare.pop(place, None)
        if compare is not None and first.offset == compare.next_offset - 1:
            if (first.header("ce_id"), first.timestamp) != (compare.last_event_id, compare.last_timestamp):
                await self._start_over(reader, [place], "the broker's log holds another record at our position")
                return ()
            records = records[1:]
        elif first.offset < wanted:
            # The client was out of range and went to the start by itself.
            await self._start_over(reader, [place], "the broker's log ends before our position")
            return ()
        return records

    async def _place(self, reader: Reader, places: Collection[Place]) -> None:
        # Before the way out: the store may still know of partitions that are another's now.
        known = await self._store.positions()
        if not places:
            return
        bounds = await reader.bounds(places)
        old = [place for place in places if place in known]
        replaced = [place for place in old if known[place].next_offset > bounds[place][1]]
        overtaken = {p: Position(bounds[p][0]) for p in old if known[p].next_offset < bounds[p][0]}
        if overtaken:
            await self._skip(overtaken, known)
        for place in old:
            if place not in replaced:
                self._go_on(reader, place, overtaken.get(place, known[place]), bounds[place][0])
        if replaced:
            await self._start_over(reader, replaced, "the broker's log ends before our position")
        new = [place for place in places if place not in known]
        if new:
            await self._start(reader, new, bounds)

    async def _skip(self, overtaken: Mapping[Place, Position], known: Mapping[Place, Position]) -> None:
        """Retention was faster than we were: say what is gone, and count from what is still there."""
        for place, position in overtaken.items():
            missed = position.next_offset - known[place].next_offset
            log.error("consumer.gap", consumer=self._group, topic=place.topic, partition=place.partition, missed=missed)
        await self._store.place(overtaken)

    def _go_on(self, reader: Reader, place: Place, position: Position, first: int) -> None:
        before = position.next_offset - 1
        self._next[place] = position.next_offset
        if position.last_timestamp is not None and before >= first:
            self._compare[place] = position
            reader.seek(place, before)
        else:
            reader.seek(place, position.next_offset)

    async def _start_over(self, reader: Reader, places: Collection[Place], why: str) -> None:
        for place in places:
            log.error("consumer.rewinds", consumer=self._group, topic=place.topic, partition=place.partition, why=why)
        await self._start(reader, places, await reader.bounds(places))

    async def _start(self, reader: Reader, places: Collection[Place], bounds: Mapping[Place, tuple[int, int]]) -> None:
        """Begin: a reaction at its birth, every other consumer with the first event that is there."""
        born = await self._store.born() if self._latest else None
        starts = {place: bounds[place][0] for place in places}
        if self._latest:
            starts = await self._since(reader, places, bounds, born)
        await self._store.place({place: Position(offset) for place, offset in starts.items()})
        for place, offset in starts.items():
            self._next[place] = offset
            reader.seek(place, offset)

    async def _since(
        self,
        reader: Reader,
        places: Collection[Place],
        bounds: Mapping[Place, tuple[int, int]],
        born: datetime | None,
    ) -> dict[Place, int]:
        if born is None:
            return {place: bounds[place][1] for place in places}
        found = await reader.offsets_at(places, int(born.timestamp() * 1000))
        return {place: _or(found.get(place), bounds[place][1]) for place in places}


def _or(found: int | None, end: int) -> int:
    return end if found is None else found
