"""Rounds in rotated order: who goes first changes, so that a machine that slows down favours nobody."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")
DEFAULT = 5


def asked() -> int:
    """How many rounds: $BENCH_ROUNDS, else five."""
    return max(1, int(os.environ.get("BENCH_ROUNDS", DEFAULT)))


def wanted(names: Iterable[str]) -> list[str]:
    """Which figures: those of $BENCH_ONLY, else all; in the order given."""
    only = set(filter(None, os.environ.get("BENCH_ONLY", "").split(",")))
    return [name for name in names if not only or name in only]


def seconds(default: float) -> float:
    """How long one part of a round runs: $BENCH_SECONDS, else the case's own length."""
    return float(os.environ.get("BENCH_SECONDS", default))


def rotated(number: int, parts: Mapping[str, Callable[[], T]]) -> dict[str, T]:
    """Run the parts of one round, beginning with another one each time; gives what each gave."""
    names = list(parts)
    first = number % len(names)
    return {name: parts[name]() for name in names[first:] + names[:first]}
