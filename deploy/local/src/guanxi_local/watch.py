"""Keeping processes alive: one thread for each, which starts a dead process again with growing patience."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from guanxi_local.failures import of_any
from guanxi_local.platform import Platform

_LOOK_S = 0.2
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_STEADY_S = 60.0

Say = Callable[[str], None]


def next_pause(pause: float, lived: float) -> float:
    """Give the pause before the next start: short after a long life, doubled after a short one."""
    return _FIRST_PAUSE_S if lived >= _STEADY_S else min(pause * 2, _LONGEST_PAUSE_S)


class Watch:
    """Restarts what dies, except what is being held down on purpose."""

    def __init__(self, platform: Platform, say: Say) -> None:
        self._platform = platform
        self._say = say
        self._held: set[str] = set()
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep, args=(name,), name=f"watch-{name}", daemon=True)
            for name in platform.names
        ]

    def begin(self) -> None:
        """Start watching."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Stop watching; returns when no start is under way any more."""
        self._ending.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def hold(self, name: str) -> None:
        """Leave a process alone when it dies."""
        self._held.add(name)

    def release(self, name: str) -> None:
        """Watch over a process again."""
        self._held.discard(name)

    def _keep(self, name: str) -> None:
        pause, since = _FIRST_PAUSE_S, time.monotonic()
        while not self._ending.wait(_LOOK_S):
            if name in self._held or self._platform.recall(name) is not None:
                continue
            self._say(f"{name} is gone; it is started again in {pause:.1f} s")
            if self._ending.wait(pause) or name in self._held:
                continue
            pause, since = next_pause(pause, time.monotonic() - since), time.monotonic()
            self._start(name)

    def _start(self, name: str) -> None:
        try:
            self._platform.launch(name)
        except Exception as error:  # noqa: BLE001 - whatever it was, the next attempt follows; this thread must not end
            self._say(str(of_any(error, f"{name} cannot be started")))
