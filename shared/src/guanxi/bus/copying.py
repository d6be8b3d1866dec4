"""The copy of a read model as a consumer's memory: what fills it, how far it has read, which owners have ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import structlog

from guanxi.bus import deadletters
from guanxi.bus.applier import FactApplier
from guanxi.bus.offsets import Position
from guanxi.bus.ports import Place, Record
from guanxi.db import Alone, Tx

ENDED = "guanxi.replay.Ended"
"""`ce_type` of the mark that an owner leaves in each partition behind its last event; `ce_source` names the owner."""
PARTITIONS = 3

log = structlog.get_logger(__name__)


class CopyStore:
    """A consumer's memory that lasts as long as the copy: the port that `DatabaseStore` is for a real one."""

    def __init__(self, alone: Alone, applier: FactApplier, starts: Mapping[Place, int]) -> None:
        self._alone, self._applier = alone, applier
        self._inside: Tx | None = None
        self._limits: Mapping[Place, int] = {}
        self.spoilt = False
        """Whether it has read past what it has applied: inside a transaction that may be rolled back."""
        self.lock = asyncio.Lock()
        """Held by whoever uses the connection."""
        self.at = {place: Position(offset) for place, offset in starts.items()}
        self.applied, self.skipped = 0, 0
        self.gone = False
        """Whether the copy's tables are away, so that their names mean the real ones."""
        self.heard: dict[str, set[int]] = {}
        """Owners, and the partitions in which they have ended."""

    def work_inside(self, tx: Tx | None, limits: Mapping[Place, int] | None = None) -> None:
        """Apply in savepoints of this transaction, and only what lies before these offsets; or in its own again."""
        self._inside, self._limits = tx, limits or {}

    async def positions(self) -> Mapping[Place, Position]:
        """Where it is in every partition."""
        return dict(self.at)

    async def born(self) -> datetime | None:
        """Never asked: a read model is no reaction."""
        return None

    async def place(self, positions: Mapping[Place, Position]) -> None:
        """Put it there."""
        self.at.update(positions)

    async def apply(self, records: Sequence[Record], positions: Mapping[Place, Position]) -> int:
        """Apply records to the copy."""
        ends = [record for record in records if record.header("ce_type") == ENDED]
        async with self.lock, self._transaction() as tx:
            if self.gone:
                message = "the copy is gone"
                raise ConnectionAbortedError(message)
            facts = [record for record in records if record not in ends and self._wants(record)]
            failures = await self._applier.apply(tx, facts)
        self.at.update(positions)
        self.applied += len(facts) - len(failures)
        self.skipped += len(failures)
        for mark in ends:
            self.heard.setdefault(mark.header("ce_source") or "", set()).add(mark.place.partition)
        return len(failures)

    @property
    def unkept(self) -> bool:
        """Never: nothing is kept later than it was read."""
        return False

    async def keep(self) -> None:
        """Nothing to do."""

    def _wants(self, record: Record) -> bool:
        limit = self._limits.get(record.place)
        return limit is None or record.offset < limit

    async def bury(self, record: Record, error: BaseException, position: Position) -> None:
        """Go past it: the real consumer has buried it, or applied it under another release."""
        log.warning("rebuild.skips", reason=deadletters.Failure(record, error).reason, offset=record.offset)
        self.at[record.place] = position
        self.skipped += 1

    async def answers(self) -> bool:
        """Whether the connection is still there."""
        return not self._alone.lost

    def ended(self, owners: Collection[str]) -> list[str]:
        """Which of these owners have sent all they have."""
        return [one for one in owners if len(self.heard.get(one, ())) == PARTITIONS]

    def has_reached(self, offsets_: Mapping[Place, int]) -> bool:
        """Whether it has read all that lies before these offsets."""
        return all(place in self.at and self.at[place].next_offset >= at for place, at in offsets_.items())

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Tx]:
        if self._inside is None:
            async with self._alone.begin() as tx:
                yield tx
        else:
            self.spoilt = True
            async with self._inside.savepoint():
                yield self._inside
