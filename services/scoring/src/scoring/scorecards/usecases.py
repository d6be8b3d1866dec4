"""Reading published rules."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from guanxi.db import Reader, Tx
from guanxi.problems import NotFound
from scoring.scorecards import files, store
from scoring.scorecards.cards import Cards
from scoring.scorecards.store import Published, Stamp

_PARSED: OrderedDict[tuple[Stamp, ...], Cards] = OrderedDict()
"""The rules of each set of versions."""
_KEPT = 4


async def every(reader: Reader) -> list[Published]:
    """All versions of all rules."""
    return await store.every(reader)


async def bodies(reader: Reader, kind: str) -> list[Any]:
    """What all versions of a kind say, newest first."""
    return await store.bodies(reader, kind)


async def one(reader: Reader, kind: str, version: int) -> Published:
    """One version; 404 when it was never published."""
    found = await store.one(reader, kind, version) if 0 < version < 2**31 else None
    if found is None:
        raise NotFound("scorecard")
    return found


async def in_force(reader: Reader) -> Cards:
    """The rules in force: of each kind the newest version that was published, by whomever, as its body states it.

    One look for all kinds; a version never changes, so that its body is read once.
    """
    found = await store.newest(reader, files.REHEARSED)
    if found not in _PARSED:
        _PARSED[found] = await replaced(reader, files.cards(), {kind: version for kind, version, _ in found})
        while len(_PARSED) > _KEPT:
            _PARSED.popitem(last=False)
    return _PARSED[found]


async def versions(reader: Reader) -> dict[str, int]:
    """The version in force of each kind that is rehearsed."""
    return {kind: version for kind, version, _ in await store.newest(reader, files.REHEARSED)}


async def replaced(reader: Reader, known: Cards, wanted: Mapping[str, int]) -> Cards:
    """The rules with these versions of these kinds."""
    for kind, version in wanted.items():
        known = files.replaced(known, kind, (await one(reader, kind, version)).body)
    return known


async def publish(tx: Tx, kind: str, version: int, body: Any) -> bool:
    """Put a version in force; False when its number is taken."""
    return await store.publish(tx, kind, version, body)
