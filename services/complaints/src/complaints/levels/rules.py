"""Which of several service levels counts."""

from __future__ import annotations

from collections.abc import Iterable

VIP, ORDINARY = "vip", "ordinary"
_BEST_FIRST = (VIP, ORDINARY)


def best(levels: Iterable[str]) -> str:
    """The best of these levels; the ordinary one for none, and for those that have no standard of their own."""
    earned = set(levels)
    return next((level for level in _BEST_FIRST if level in earned), ORDINARY)
