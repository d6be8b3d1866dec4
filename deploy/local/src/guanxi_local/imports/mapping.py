"""A mapping: which rows become which events, and from which columns. Read from TOML, every mistake named by its place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from guanxi_local.failures import Failure
from guanxi_local.imports.shapes import KINDS, SIGNS, Shape, decimal

Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Column:
    """The text of a column."""

    name: str
    shape: Shape

    def value(self, rows: Sequence[Cells], zone: ZoneInfo) -> Any:  # noqa: ANN401 - any JSON value
        """Of the first row."""
        return self.shape.apply(rows[0].get(self.name), zone)

    def columns(self) -> Iterator[str]:
        """The columns it reads."""
        yield self.name


@dataclass(frozen=True, slots=True)
class Constant:
    """The same in every event."""

    content: Any

    def value(self, rows: Sequence[Cells], zone: ZoneInfo) -> Any:  # noqa: ANN401, ARG002 - as its siblings
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

    def value(self, rows: Sequence[Cells], zone: ZoneInfo) -> Any:  # noqa: ANN401 - any JSON value
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

    def value(self, rows: Sequence[Cells], zone: ZoneInfo) -> Any:  # noqa: ANN401 - any JSON value
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
    operand: Any

    def holds(self, row: Cells) -> bool:
        """Whether the row passes."""
        text = (row.get(self.column) or "").strip()
        if self.test == "present":
            return bool(text) is self.operand
        if self.test in ("matches", "not_matches"):
            return bool(re.search(self.operand, text)) is (self.test == "matches")
        number = decimal(text)
        if number is None:
            return False
        return number > self.operand if self.test == "above" else number < self.operand


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


@dataclass(frozen=True, slots=True)
class EventRule:
    """One kind of event that a row, or a group of rows, becomes.

    `when` tests the first row; `once_per` makes only the first of those that agree in these columns.
    """

    type: str
    time: Value
    data: Fields
    when: tuple[Condition, ...] = ()
    once_per: tuple[str, ...] = ()

    def columns(self) -> Iterator[str]:
        """The columns it reads."""
        yield from self.time.columns()
        yield from self.data.columns()
        yield from self.once_per
        yield from (test.column for test in self.when)


@dataclass(frozen=True, slots=True)
class Skip:
    """Rows that become nothing, and why."""

    reason: str
    when: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class FileMapping:
    """All that is to be known of a file. A new `edition` makes new event ids of the same rows."""

    events: tuple[EventRule, ...]
    zone: ZoneInfo
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    group_by: tuple[str, ...] = ()
    skip: tuple[Skip, ...] = field(default=())
    edition: int = 1

    def columns(self) -> set[str]:
        """Every column that the file must have."""
        rules = {column for rule in self.events for column in rule.columns()}
        return rules | set(self.group_by) | {test.column for skip in self.skip for test in skip.when}

    def skipped(self, row: Cells) -> str | None:
        """Why a row becomes nothing; None when it does not."""
        return next((skip.reason for skip in self.skip if all(test.holds(row) for test in skip.when)), None)


def load(path: Path) -> FileMapping:
    """Read a mapping; a `Failure` names the first mistake and where it is."""
    try:
        return parse(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, _MistakeError) as error:
        message = f"{path.name}: {error}"
        raise Failure(message) from error


def parse(content: Mapping[str, Any]) -> FileMapping:
    """A mapping out of its TOML."""
    top = _Table(content, "mapping")
    rules = [_event(table) for table in top.tables("event")]
    if not rules:
        top.mistake("event", "name at least one event: [[event]]")
    made = FileMapping(
        events=tuple(rules),
        zone=top.zone("time_zone"),
        encoding=top.text("encoding", "utf-8-sig"),
        delimiter=top.text("delimiter", ","),
        group_by=top.texts("group_by"),
        skip=tuple(Skip(table.text("reason"), _conditions(table, "when")) for table in top.tables("skip")),
        edition=top.whole("edition", 1),
    )
    top.done()
    return made


class _MistakeError(ValueError):
    """A mistake in a mapping."""


class _Table:
    """A TOML table that knows where it is and which of its keys were asked for."""

    def __init__(self, content: Mapping[str, Any], place: str) -> None:
        self.content, self.place = content, place
        self._asked: set[str] = set()

    def mistake(self, key: str, what: str) -> Any:  # noqa: ANN401 - never returns
        message = f"{self.place}.{key}: {what}"
        raise _MistakeError(message)

    def get(self, key: str) -> Any:  # noqa: ANN401 - any TOML value
        self._asked.add(key)
        return self.content.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        found = self.get(key)
        if found is None and default is not None:
            return default
        return found if isinstance(found, str) else str(self.mistake(key, "must be a text"))

    def texts(self, key: str) -> tuple[str, ...]:
        found = self.get(key)
        if found is None:
            return ()
        found = [found] if isinstance(found, str) else found
        if not (isinstance(found, list) and all(isinstance(one, str) for one in found)):
            self.mistake(key, "must be a text or a list of texts")
        return tuple(found)

    def whole(self, key: str, default: int) -> int:
        found = self.get(key)
        if found is None:
            return default
        return (
            found
            if isinstance(found, int) and not isinstance(found, bool)
            else int(self.mistake(key, "must be a number"))
        )

    def zone(self, key: str) -> ZoneInfo:
        name = self.text(key, "UTC")
        try:
            return ZoneInfo(name)
        except (ValueError, KeyError, OSError):
            self.mistake(key, f"{name} is no time zone of the IANA database")
            raise

    def table(self, key: str) -> _Table:
        found = self.get(key)
        if not isinstance(found, dict):
            self.mistake(key, "must be a table")
        return _Table(found, f"{self.place}.{key}")

    def tables(self, key: str) -> list[_Table]:
        found = self.get(key) or []
        if not (isinstance(found, list) and all(isinstance(one, dict) for one in found)):
            self.mistake(key, "must be a list of tables")
        return [_Table(one, f"{self.place}.{key}[{n}]") for n, one in enumerate(found)]

    def done(self) -> None:
        unknown = sorted(set(self.content) - self._asked)
        if unknown:
            self.mistake(unknown[0], "is not known here")


_VALUES = ("column", "const", "join", "product", "each")


def _event(table: _Table) -> EventRule:
    from guanxi.events.inbound import inbound_types  # noqa: PLC0415 - the other commands start without all facts

    type_name = f"guanxi.inbound.{table.text('type')}.v1"
    if type_name not in inbound_types():
        table.mistake("type", f"must be the name of a report, such as OrderReported, not {table.text('type')}")
    rule = EventRule(
        type=type_name,
        time=_value(table, "time", Shape("time")),
        data=_fields(table.table("data")),
        when=_conditions(table, "when"),
        once_per=table.texts("once_per"),
    )
    table.done()
    return rule


def _fields(table: _Table) -> Fields:
    return Fields({key: _value(table, key) for key in table.content})


def _value(parent: _Table, key: str, shape: Shape | None = None) -> Value:
    found = parent.get(key)
    if not isinstance(found, dict):
        return Constant(found) if found is not None else parent.mistake(key, "is missing")
    table = _Table(found, f"{parent.place}.{key}")
    kinds = [name for name in _VALUES if name in found]
    if not kinds:
        return _fields(table)
    if len(kinds) > 1:
        table.mistake(kinds[1], f"stands beside {kinds[0]}; one of them must go")
    made = _one(table, kinds[0], shape)
    table.done()
    return made


def _one(table: _Table, kind: str, shape: Shape | None) -> Value:
    if kind == "const":
        return Constant(table.get("const"))
    if kind == "each":
        return Each(_fields(table.table("each")), _conditions(table, "where"))
    if kind == "column":
        return Column(table.text("column"), _shape(table, shape))
    if kind == "product":
        return Product(table.texts("product"), _shape(table, shape))
    parts = tuple(Constant(one[1:]) if one.startswith("=") else Column(one, Shape()) for one in table.texts("join"))
    return Joined(parts, table.text("with", " "), _shape(table, shape))


def _shape(table: _Table, default: Shape | None) -> Shape:
    base = default or Shape()
    kind, sign = table.text("as", base.kind), table.text("sign", base.sign)
    if kind not in KINDS:
        table.mistake("as", f"must be one of {', '.join(KINDS)}")
    if sign not in SIGNS:
        table.mistake("sign", f"must be one of {', '.join(SIGNS)}")
    return Shape(
        kind=kind,
        words={str(key): str(word) for key, word in (table.get("map") or {}).items()},
        otherwise=table.get("otherwise"),
        default=table.get("default"),
        sign=sign,
        digits=table.whole("digits", base.digits),
        formats=table.texts("format"),
        many=bool(table.get("list")),
    )


def _conditions(parent: _Table, key: str) -> tuple[Condition, ...]:
    made = []
    for table in parent.tables(key):
        tests = [name for name in ("matches", "not_matches", "above", "below", "present") if name in table.content]
        if len(tests) != 1:
            table.mistake("column", "needs exactly one of matches, not_matches, above, below, present")
        operand = table.get(tests[0])
        if tests[0] in ("matches", "not_matches"):
            try:
                re.compile(operand)
            except (re.error, TypeError) as error:
                table.mistake(tests[0], f"is no regular expression: {error}")
        made.append(Condition(table.text("column"), tests[0], operand))
        table.done()
    return tuple(made)
