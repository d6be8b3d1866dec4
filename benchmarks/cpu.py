"""CPU seconds of processes: what an operation costs says more than its rate on a machine that others use too."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import psutil


@dataclass(slots=True)
class Spent:
    """CPU seconds that passed in a block, filled in at its end."""

    seconds: float = 0.0

    def per(self, operations: int) -> float:
        """Microseconds an operation."""
        return self.seconds / max(operations, 1) * 1e6


def used(pid: int) -> float:
    """CPU seconds of a process, its children and those children that have ended.

    A child that ends while one looks is in neither sum, or in both: then one looks again. pgbench's backends all end
    just before the look: what its transaction costs swung by a factor of three from round to round.
    """
    total = 0.0
    with contextlib.suppress(psutil.NoSuchProcess):
        process, ended = psutil.Process(pid), -1.0
        while ended != (ended := _ended(process)):
            times = process.cpu_times()
            total = times.user + times.system + ended
            for child in process.children():
                with contextlib.suppress(psutil.NoSuchProcess):
                    own = child.cpu_times()
                    total += own.user + own.system
    return total


def _ended(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.children_user + times.children_system)


@contextlib.contextmanager
def measured(*pids: int) -> Iterator[list[Spent]]:
    """What each process spends while the block lasts."""
    before = [used(pid) for pid in pids]
    spent = [Spent() for _ in pids]
    yield spent
    for one, pid, start in zip(spent, pids, before, strict=True):
        one.seconds = used(pid) - start
