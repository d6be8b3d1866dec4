"""What a broker lost of what it had acknowledged: noticed, found out how far back, put into the outbox again."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog

from guanxi.bus.lease import Lease
from guanxi.bus.ports import Ack, Contents, Place

log = structlog.get_logger(__name__)


class Losses:
    """What one relay knows of the logs that it writes to.

    `state_words` are the topics, without prefix, that carry whole state and are compacted.
    """

    def __init__(self, contents: Contents, topic_prefix: str, state_words: Collection[str]) -> None:
        self._contents, self._topic_prefix, self._state_words = contents, topic_prefix, state_words
        self._high: dict[Place, int] = {}
        self._suspect: set[Place] = set()
        self.put_back = 0
        """How many events it has put into the outbox again so far."""

    async def begin(self, lease: Lease) -> None:
        """Under a new lease: find out what is lost before anything is written behind it."""
        await self.check_records(lease)
        self._high = {place: mark.offset for place, mark in (await lease.marks()).items()}

    def note(self, acks: Sequence[Ack]) -> None:
        """An acknowledgement at an offset that had been given before: the log has lost what lay there."""
        for ack in acks:
            if ack.offset <= self._high.get(ack.place, -1):
                self._suspect.add(ack.place)
            self._high[ack.place] = ack.offset

    async def check_ends(self, lease: Lease) -> None:
        """Compare where each partition ends with what was acknowledged."""
        if self._high:
            ends = await self._contents.of({place.topic for place in self._high})
            shorter = {place: end for place, end in ends.items() if end <= self._high.get(place, -1)}
            self._suspect.update(shorter)
            self._high.update({place: end - 1 for place, end in shorter.items()})
        await self.tell_again(lease)

    async def check_records(self, lease: Lease) -> None:
        """Look in every partition whether what lies where the newest batch ended is what was put there."""
        self._suspect.update(await lease.marks())
        await self.tell_again(lease)

    async def tell_again(self, lease: Lease) -> Collection[Place]:
        """Put back what suspect partitions have lost; gives those that have lost something."""
        if not self._suspect:
            return ()
        lost = await self._lost_from(lease, self._suspect)
        anew = {place for place, offset in lost.items() if offset == 0 and await lease.remembers_from(place) != 0}
        for word in sorted(
            {place.topic.removeprefix(f"{self._topic_prefix}guanxi.") for place in anew} & set(self._state_words)
        ):
            # A topic made anew: what lay there before the batches that are remembered is in the log alone. First, for
            # what tells of it is gone with the batches.
            self.put_back += await lease.whole_state(word)
        for place, offset in lost.items():
            again = await lease.lost_from(place, offset)
            self.put_back += again
            log.error("relay.tail_lost", topic=place.topic, partition=place.partition, offset=offset, again=again)
        self._suspect.clear()
        return lost.keys()

    async def _lost_from(self, lease: Lease, suspect: Collection[Place]) -> dict[Place, int]:
        """From which offset on each of these partitions is another log than the one that was acknowledged.

        Neither its end nor an offset given twice tells: it may have grown again, by messages whose word was lost or by
        a relay that had lost its lock. So batch by batch backwards, in growing steps, until a record is still there.
        """
        ends = await self._contents.of({place.topic for place in suspect})
        back, lost, left = 0, dict[Place, int](), {place for place in suspect if place in ends}
        while left:
            marks = {place: mark for place, mark in (await lease.marks(back)).items() if place in left}
            lost.update(dict.fromkeys(left - marks.keys(), 0))
            cut = {place for place, mark in marks.items() if mark.offset >= ends[place]}
            kept = {place: mark for place, mark in marks.items() if place not in cut}
            found = await self._contents.records_at({place: mark.offset for place, mark in kept.items()})
            # One that is not there at all was taken by retention or compaction: that says nothing.
            other = {place for place, record in found.items() if not kept[place].is_at(record)}
            if back:
                lost.update({place: mark.offset + 1 for place, mark in kept.items() if place not in other})
            back, left = 2 * back + 1, cut | other
        return lost
