"""The watchdog: how far each consumer is behind, and a consumer that stays behind is built anew.

A client can stay alive after a broker restart and never read again, without any sign to the outside. So the broker is
asked over a connection of its own where each partition ends, our database how far we are, and only that tells.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import structlog

from guanxi.bus import offsets
from guanxi.bus.consumer import ConsumerRunner
from guanxi.bus.ports import BrokerError, Ends, Place
from guanxi.db import Pool
from guanxi.telemetry import CONSUMER_LAG_RECORDS, CONSUMER_LAG_SECONDS

STUCK_SECONDS = 30.0
LOOK_SECONDS = 2.0
REBUILDS = 3
_TURNS = 20
"""For so many times as long a partition may wait whose consumer comes to verdicts about others."""

log = structlog.get_logger(__name__)


class Guarded:
    """One consumer's task, which can be started anew, and what is known of its lag."""

    def __init__(self, runner: ConsumerRunner, topics: Sequence[str], pattern: str | None = None) -> None:
        self.runner, self.topics, self.pattern = runner, topics, pattern
        self.behind: dict[Place, int] = {}
        """Records not yet applied, by partition, whoever reads it; as seen at the last look."""
        self._task: asyncio.Task[None] | None = None
        self._moved: dict[Place, tuple[int, float]] = {}
        self._level: dict[Place, float] = {}
        self._rebuilds = 0
        self._shown: set[Place] = set()

    async def run(self) -> None:
        """Run the consumer until it ends of its own will."""
        while not self.runner.ending:
            self._task = asyncio.create_task(self.runner.run(), name=f"consumer {self.runner.group}")
            try:
                await asyncio.wait({self._task})
            finally:
                self._task.cancel()
                await asyncio.gather(self._task, return_exceptions=True)

    def reads(self, place: Place) -> bool:
        """Whether a partition is one of those that this consumer's group reads."""
        return place.topic in self.topics or (self.pattern is not None and _fits(self.pattern, place.topic))

    def see(self, ends: Mapping[Place, int], stored: Mapping[Place, int]) -> None:
        """Take note of how far it is; a partition moves when its position does, or nothing is left to do."""
        now = _now()
        self.behind = {place: max(end - stored.get(place, 0), 0) for place, end in ends.items() if self.reads(place)}
        for place, behind in self.behind.items():
            at = stored.get(place, 0)
            if behind == 0:
                self._level[place] = now
            if behind == 0 or self._moved.get(place, (-1, 0.0))[0] != at:
                self._moved[place] = (at, now)
        if not any(self.behind.values()):
            self._rebuilds = 0
        self._show(now)

    def look_away(self) -> None:
        """Nothing can be said while broker or database is away: the time until it is stuck begins anew."""
        now = _now()
        self._moved = {place: (at, now) for place, (at, _) in self._moved.items()}

    def stuck(self, seconds: float) -> list[Place]:
        """The partitions that stay behind: ours, or any of the group's while nobody has told us which are ours."""
        now, runner = _now(), self.runner
        if runner.kept_out_at is not None and now - runner.kept_out_at < seconds:
            return []
        since = runner.narrowing_since
        if since is not None and now - since > seconds and now - runner.progress_at < seconds:
            return []  # it narrows down a failure event by event, and comes to verdicts
        # The client hands out what it has fetched partition by partition: while a slow consumer comes to verdicts in
        # some of them, the others wait their turn.
        patience = seconds if now - runner.progress_at > seconds else seconds * _TURNS
        hand = runner.assignment()
        ours = hand.places if hand.dealt else hand.places or self.behind.keys()
        return [p for p in ours if self.behind.get(p) and now - self._moved[p][1] > patience]

    def rebuild(self) -> int:
        """Start it anew; gives how often that was done without its coming to an end."""
        self.look_away()
        self._rebuilds += 1
        if self._task is not None:
            self._task.cancel()
        return self._rebuilds

    def _show(self, now: float) -> None:
        ours = self.runner.assignment().places & self.behind.keys()
        for place in self._shown - ours:
            CONSUMER_LAG_RECORDS.remove(self.runner.group, _label(place))
        for place in ours:
            CONSUMER_LAG_RECORDS.labels(self.runner.group, _label(place)).set(self.behind[place])
        self._shown = set(ours)
        late = [self._late(place, now) for place in ours if self.behind[place]]
        CONSUMER_LAG_SECONDS.labels(self.runner.group).set(max(late, default=0.0))

    def _late(self, place: Place, now: float) -> float:
        # What waits is younger than what was applied last, and than the last look at which nothing waited: after a
        # quiet weekend the second is the nearer, for one that catches up the first.
        found = [now - self._level[place]] if place in self._level else []
        applied = self.runner.applied_at.get(place)
        if applied is not None:
            found.append(datetime.now(UTC).timestamp() - applied / 1000)
        return max(min(found, default=now - self._moved[place][1]), 0.0)


class Watchdog:
    """Looks at all consumers of one process."""

    def __init__(
        self,
        ends: Ends,
        pool: Pool,
        guarded: Sequence[Guarded],
        give_up: Callable[[str], None],
        stuck_seconds: float = STUCK_SECONDS,
    ) -> None:
        self._ends, self._pool, self._guarded = ends, pool, guarded
        self._give_up, self._stuck_seconds = give_up, stuck_seconds
        self._seen: Mapping[Place, int] = {}
        self._disturbed = False

    async def run(self) -> None:
        """Look for ever."""
        try:
            while True:
                await self.look()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await self._ends.stop()

    async def look(self) -> None:
        """One look; three rebuilds of one consumer in vain and the process gives up: a supervisor restarts it."""
        try:
            ends = await self._ask()
        except (BrokerError, OSError) as error:
            log.warning("watchdog.no_broker", error=repr(error))
            self._disturbed = True
            self._look_away()
            return
        self._compare(ends)
        try:
            async with self._pool.read() as reader:
                stored = await offsets.read_all(reader, [one.runner.group for one in self._guarded])
        except Exception:
            self._look_away()
            raise
        for one in self._guarded:
            one.see(ends, stored[one.runner.group])
            if places := one.stuck(self._stuck_seconds):
                self._start_anew(one, places)

    async def _ask(self) -> Mapping[Place, int]:
        topics = {topic for one in self._guarded for topic in one.topics}
        pattern = next((one.pattern for one in self._guarded if one.pattern), None)
        return await self._ends.of(topics, pattern)

    def _compare(self, ends: Mapping[Place, int]) -> None:
        shorter = any(ends.get(place, end) < end for place, end in self._seen.items())
        if self._disturbed or shorter:
            # The broker was away: what it holds now need not be what we have read.
            for one in self._guarded:
                one.runner.check_places()
        # A topic that is deleted and made anew is gone for a while: what it held before is what it is compared with.
        self._seen, self._disturbed = {**self._seen, **ends}, False

    def _look_away(self) -> None:
        for one in self._guarded:
            one.look_away()

    def _start_anew(self, one: Guarded, places: Sequence[Place]) -> None:
        behind = {_label(place): one.behind[place] for place in places[:5]}
        log.error("consumer.stuck", consumer=one.runner.group, behind=behind)
        if one.rebuild() >= REBUILDS:
            self._give_up(f"{one.runner.group}: no progress after {REBUILDS} rebuilds")


def _label(place: Place) -> str:
    return f"{place.topic}/{place.partition}"


def _fits(pattern: str, topic: str) -> bool:
    return re.match(pattern, topic) is not None


def _now() -> float:
    return asyncio.get_running_loop().time()
