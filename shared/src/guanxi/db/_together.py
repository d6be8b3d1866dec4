"""Group commit in the application: calls that wait while a statement is in flight go down together as the next one.

There is no timer, so nobody waits on an idle service, and each caller is answered only after the commit of its own row.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary, ref

import structlog

from guanxi.db._errors import ErrorClass, classify
from guanxi.db._pool import Pool

_LOG = structlog.get_logger()
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_Waiting = tuple[_Item, "asyncio.Future[_Result]"]
MOST = 64


class Together(Generic[_Item, _Result]):
    """Writes items in batches by `write`, which gives one result an item in the same order.

    No batch holds two items of one key: `key` names what a single statement could not write twice. When a batch fails,
    each of its items is written again alone, so that a bad one fails nobody else; not where it failed because the
    database is away, which would be asked as often as there are items.
    """

    def __init__(
        self,
        write: Callable[[Sequence[_Item]], Awaitable[Sequence[_Result]]],
        key: Callable[[_Item], Hashable],
        most: int = MOST,
    ) -> None:
        self._write = write
        self._key = key
        self._most = most
        self._waiting: OrderedDict[int, _Waiting[_Item, _Result]] = OrderedDict()
        self._came = 0
        self._worker: asyncio.Task[None] | None = None

    async def __call__(self, item: _Item) -> _Result:
        """Write one item; gives its result once it is durable, or raises why it could not be written."""
        answer: asyncio.Future[_Result] = asyncio.get_running_loop().create_future()
        self._came += 1
        self._waiting[self._came] = (item, answer)
        if self._worker is None:
            # In a context of its own: the batch belongs to no single request.
            self._worker = asyncio.get_running_loop().create_task(self._work(), context=Context())
        return await answer

    async def _work(self) -> None:
        try:
            while batch := self._next():
                await self._settle(batch)
        finally:
            self._worker = None

    def _next(self) -> list[_Waiting[_Item, _Result]]:
        """The next items in the order they came; one whose key is taken waits for the batch after this."""
        keys: set[Hashable] = set()
        taken: dict[int, _Waiting[_Item, _Result]] = {}
        for number, (item, answer) in self._waiting.items():
            if len(taken) >= self._most:
                break
            key = self._key(item)
            if answer.done():
                # Whoever asked has gone: a request past its deadline writes nothing.
                taken[number] = (item, answer)
            elif key not in keys:
                keys.add(key)
                taken[number] = (item, answer)
        for number in taken:
            del self._waiting[number]
        live = [one for one in taken.values() if not one[1].done()]
        return live if live or not self._waiting else self._next()

    async def _settle(self, batch: Sequence[_Waiting[_Item, _Result]]) -> None:
        try:
            results = await self._write([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever it was goes to whoever asked
            if len(batch) == 1 or classify(error) is ErrorClass.DOWN:
                for _, answer in batch:
                    _refuse(answer, error)
                return
            _LOG.warning("batch written one by one", size=len(batch), kind=type(error).__name__)
            await asyncio.gather(*(self._settle([one]) for one in batch))
        except BaseException:
            for _, answer in batch:
                answer.cancel()
            raise
        else:
            for (_, answer), result in zip(batch, results, strict=True):
                if not answer.done():
                    answer.set_result(result)


class TogetherByPool(Generic[_Item, _Result]):
    """The same for work on a database: `work` gets the pool as well, and each pool has its own queue."""

    def __init__(
        self,
        work: Callable[[Pool, Sequence[_Item]], Awaitable[Sequence[_Result]]],
        key: Callable[[_Item], Hashable] = lambda _: object(),
    ) -> None:
        self._work = work
        self._key = key
        self._queues: WeakKeyDictionary[Pool, Together[_Item, _Result]] = WeakKeyDictionary()

    async def __call__(self, pool: Pool, item: _Item) -> _Result:
        """The result of one item; without a `key` of its own a batch may hold the same item twice."""
        queue = self._queues.get(pool)
        if queue is None:
            queue = self._queues[pool] = Together(self._with(ref(pool)), self._key)
        return await queue(item)

    def _with(self, wanted: ref[Pool]) -> Callable[[Sequence[_Item]], Awaitable[Sequence[_Result]]]:
        # By a weak reference: a queue that kept its own key alive would never be freed.
        async def work(items: Sequence[_Item]) -> Sequence[_Result]:
            pool = wanted()
            assert pool is not None  # noqa: S101 - whoever waits has it
            return await self._work(pool, items)

        return work


def _refuse(answer: asyncio.Future[_Result], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
