"""An event loop whose clock jumps: where everybody waits, it is at once the moment at which somebody goes on."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class NothingLeftError(RuntimeError):
    """Everybody waits for somebody else: without the jumping clock this would hang for ever."""


class _Jumping(selectors.BaseSelector):
    """Never waits: it moves the clock on by as much as the loop wanted to wait."""

    def __init__(self) -> None:
        self.now = 0.0
        self._known: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Remember the loop's own pipe; nobody writes to it."""
        key = selectors.SelectorKey(fileobj, fileobj if isinstance(fileobj, int) else fileobj.fileno(), events, data)
        self._known[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """Forget it."""
        return self._known.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Move the clock."""
        if timeout is None:
            message = "nothing is left that could happen"
            raise NothingLeftError(message)
        self.now += max(timeout, 0.0)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """What is registered."""
        return self._known


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds since the run began."""
        return self._jumping.now


def run_in_virtual_time(work: Coroutine[Any, Any, T]) -> T:
    """Run it to its end by the jumping clock; raises `NothingLeftError` where it would hang."""
    with asyncio.Runner(loop_factory=_VirtualLoop) as runner:
        return runner.run(work)
