"""Reading published rules."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import Any

from guanxi.db import Reader, Tx
from guanxi.problems import NotFound
from scoring.scorecards import files, store
from scoring.scorecards.rules import ValueCard
from scoring.scorecards.store import Published

_PARSED: OrderedDict[tuple[int, datetime], ValueCard] = OrderedDict()
"""Cards published over HTTP, by version and moment: in two databases the same version may say different things."""
_KEPT = 4


async def every(reader: Reader) -> list[Published]:
    """All versions of all rules."""
    return await store.every(reader)


async def one(reader: Reader, kind: str, version: int) -> Published:
    """One version; 404 when it was never published."""
    found = await store.one(reader, kind, version) if 0 < version < 2**31 else None
    if found is None:
        raise NotFound("scorecard")
    return found


async def value_card(reader: Reader) -> ValueCard:
    """The scorecard of existing value in force: the shipped one, or what was published after a rehearsal since.

    One look at a small index; a version never changes, so that its body is read once.
    """
    version, published_at = await store.newest(reader, files.VALUE)
    if version == files.NEWEST[files.VALUE]:
        return files.value_card()
    key = (version, published_at)
    if key not in _PARSED:
        _PARSED[key] = files.value_card_of((await one(reader, files.VALUE, version)).body)
        while len(_PARSED) > _KEPT:
            _PARSED.popitem(last=False)
    return _PARSED[key]


async def publish(tx: Tx, kind: str, version: int, body: Any) -> bool:
    """Put a version in force; False when its number is taken."""
    return await store.publish(tx, kind, version, body)
