"""Where the fields of an event come from: a column, a constant, texts joined, numbers multiplied, objects, lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from guanxi_local.imports.shapes import Shape, decimal

Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Column:
    """The text of a column."""

    name: str
    shape: Shape

    def value(self, rows: Sequence[Cells], zone: ZoneInfo) -> Any:
        """Of the first row."""
        return self.shape.apply(rows[0].get(self.name), zone)

    def columns(self) -> Iterator[str]:
        """The columns it reads."""
        yield self.name


@dataclass(frozen=True, slots=True)
class Constant:
    """The same in every event."""

    content: Any

    def value(self, rows: Sequence[Cells], zone: ZoneInfo) -> Any:  # noqa: ARG002 - as its siblings
        """As it stands."""
        return self.content

    def columns(self) -> Iterator[str]:
        """None."""
        yield from ()


@dataclass(frozen=True, slots=True)
class Joined:
    """Several texts in one, empty ones left out."""

    parts: tuple[Column | Constant, ...]
    separator: str
    shape: Shape

    def value(self, rows: Sequence[Cells], zone: ZoneInfo) -> Any:
        """Of the first row."""
        texts = [str(found) for part in self.parts if (found := part.value(rows, zone)) not in (None, "")]
        return self.shape.apply(self.separator.join(texts), zone)

    def columns(self) -> Iterator[str]:
        """The columns it reads."""
        for part in self.parts:
            yield from part.columns()


@dataclass(frozen=True, slots=True)
class Product:
    """Columns multiplied, exactly; rounded only by its shape."""

    factors: tuple[str, ...]
    shape: Shape

    def value(self, rows: Sequence[Cells], zone: ZoneInfo) -> Any:
        """Of the first row; the first text that is no number, when there is one."""
        total = Decimal(1)
        for name in self.factors:
            number = decimal(rows[0].get(name))
            if number is None:
                return rows[0].get(name) or None
            total *= number
        return self.shape.apply(str(total), zone)

    def columns(self) -> Iterator[str]:
        """The columns it reads."""
        yield from self.factors


@dataclass(frozen=True, slots=True)
class Fields:
    """An object; a field without a value is left out, and so is an object without fields."""

    items: Mapping[str, Value]

    def value(self, rows: Sequence[Cells], zone: ZoneInfo) -> dict[str, Any] | None:
        """Of the first row."""
        made = {name: found for name, one in self.items.items() if (found := one.value(rows, zone)) is not None}
        return made or None

    def columns(self) -> Iterator[str]:
        """The columns it reads."""
        for one in self.items.values():
            yield from one.columns()


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of one column: `matches`, `not_matches` (regular expressions), `above`, `below` (numbers), `present`."""

    column: str
    test: str
    operand: str | bool | float

    def holds(self, row: Cells) -> bool:
        """Whether the row passes."""
        text = (row.get(self.column) or "").strip()
        if self.test == "present":
            return bool(text) is self.operand
        if self.test in ("matches", "not_matches"):
            return bool(re.search(str(self.operand), text)) is (self.test == "matches")
        number, bound = decimal(text), Decimal(self.operand)
        if number is None:
            return False
        return number > bound if self.test == "above" else number < bound


@dataclass(frozen=True, slots=True)
class Each:
    """A list with one object a row of the group, of the rows that pass."""

    item: Fields
    where: tuple[Condition, ...] = ()

    def value(self, rows: Sequence[Cells], zone: ZoneInfo) -> list[dict[str, Any] | None]:
        """Of every row."""
        return [self.item.value([row], zone) for row in rows if all(test.holds(row) for test in self.where)]

    def columns(self) -> Iterator[str]:
        """The columns it reads."""
        yield from self.item.columns()
        yield from (test.column for test in self.where)


Value = Column | Constant | Joined | Product | Fields | Each
