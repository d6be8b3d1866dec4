"""Crash points: named steps at which a test has this very process die, as a power cut would, between two promises.

Without a spec nothing is armed and `reached` is an empty function.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable

POINTS = (
    "transaction.before_commit",
    "transaction.after_commit",
    "relay.after_claim",
    "relay.after_produce",
    "relay.after_acknowledge",
    "consumer.taken_in",
    "consumer.before_commit",
    "consumer.after_commit",
    "consumer.before_burial",
    "consumer.before_offsets",
    "due.before_commit",
    "migration.before_commit",
)
"""Every named step, in the order in which an event meets them."""

_SPEC = re.compile(r"(?P<point>[a-z_.]+):(?P<times>[1-9]\d{0,5})")
_dies_at: dict[str, int] = {}
_seen: dict[str, int] = {}


def _nothing(_point: str) -> None:
    return


_act: Callable[[str], None] = _nothing


def parse(spec: str) -> tuple[str, int]:
    """The point and the number in `point:n`; raises ValueError for a point that does not exist."""
    parsed = _SPEC.fullmatch(spec)
    if parsed is None or parsed["point"] not in POINTS:
        message = f"{spec!r} is no crash point; they are {', '.join(POINTS)}, each with :n for the n-th time"
        raise ValueError(message)
    return parsed["point"], int(parsed["times"])


def arm(spec: str) -> None:
    """Die at `point:n`, the n-th time that this process comes by."""
    global _act  # noqa: PLW0603 - the process dies once
    point, times = parse(spec)
    _dies_at.clear()
    _seen.clear()
    _dies_at[point] = times
    _act = _count


def reached(point: str) -> None:
    """Say that this process is at a named step."""
    _act(point)


def _count(point: str) -> None:
    if point not in _dies_at:
        return
    _seen[point] = _seen.get(point, 0) + 1
    if _seen[point] == _dies_at[point]:
        sys.stderr.write(f"crash point {point} reached\n")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGKILL)
