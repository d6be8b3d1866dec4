"""Counting by reason, with the rows in which each was met first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

EXAMPLES = 5


class Reasons(Counter[str]):
    """How often there was each reason; `rows` are the numbers of its first rows."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: defaultdict[str, list[int]] = defaultdict(list)

    def note(self, reason: str, row: int) -> None:
        """Count one more."""
        self[reason] += 1
        if len(self.rows[reason]) < EXAMPLES:
            self.rows[reason].append(row)

    def lines(self) -> Iterator[tuple[str, int]]:
        """Each reason with its first rows, and its count; the most frequent first."""
        for reason, count in self.most_common():
            shown = ", ".join(str(row) for row in self.rows[reason])
            more = ", …" if count > len(self.rows[reason]) else ""
            yield f"{reason} (row {shown}{more})", count
