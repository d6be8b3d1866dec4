"""Adding up the ledgers of all services: how many events there are, and whether one was lost or counted twice. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Any

Ledger = Mapping[str, Any]
"""The answer of `/v1/ops/<service>/ledger`."""
Marks = tuple[int, int]
"""A set of event ids: how many, and the exclusive or of their hashes."""


@dataclass(frozen=True, slots=True)
class Count:
    """What all ledgers say together."""

    events: int
    """Recorded in the logs of all services."""
    lost: int
    """Recorded and not where they belong: not published, not taken in, or lying among the dead letters."""
    twice: int
    """Taken in, or told, more often than once."""
    intakes: int
    """How many consumers' lists were compared, event by event."""

    def __str__(self) -> str:
        """The stopwatch line."""
        return f"{self.events:,} events, {self.lost:,} lost, {self.twice:,} twice"


def add_up(ledgers: Sequence[Ledger]) -> Count:
    """Compare what each consumer has taken in with what was recorded of its types, by whichever service.

    Most consumers of whole states keep no list and cannot count twice; what they owe shows in the lag. An event that is
    missing at several consumers counts once for each of them.
    """
    recorded: dict[str, list[Marks]] = {}
    for ledger in ledgers:
        for kind, marked in ledger["recorded"].items():
            recorded.setdefault(kind, []).append(_marks(marked))
    lost = sum(ledger["waiting"] + ledger["dead_letters"] for ledger in ledgers)
    twice = sum(ledger["told_twice"] for ledger in ledgers)
    listing = [one for ledger in ledgers for one in ledger["taken"] if one["listed"]]
    for one in listing:
        missing, strange = _difference(
            _all(marks for kind in one["types"] for marks in recorded.get(kind, ())), _marks(one)
        )
        lost, twice = lost + missing, twice + strange
    events = sum(number for sets in recorded.values() for number, _ in sets)
    return Count(events=events, lost=lost, twice=twice, intakes=len(listing))


def _marks(marked: Mapping[str, Any]) -> Marks:
    return marked["events"], int(marked["mark"], 16)


def _all(sets: Iterable[Marks]) -> Marks:
    found = list(sets)
    return sum(number for number, _ in found), reduce(xor, (mark for _, mark in found), 0)


def _difference(wanted: Marks, taken: Marks) -> tuple[int, int]:
    """Missing and strange ones: at least so many, where the sets are of one size and yet not the same."""
    if wanted[0] != taken[0]:
        return max(0, wanted[0] - taken[0]), max(0, taken[0] - wanted[0])
    return (0, 0) if wanted == taken else (1, 1)
