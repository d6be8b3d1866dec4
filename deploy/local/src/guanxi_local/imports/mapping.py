"""A mapping: which rows become which events, and from which columns; read from TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from guanxi_local.failures import Failure
from guanxi_local.imports.shapes import KINDS, MOST_DIGITS, SIGNS, Shape
from guanxi_local.imports.toml_table import MistakeError, TomlTable
from guanxi_local.imports.values import Cells, Column, Condition, Constant, Each, Fields, Joined, Product, Value


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
    except UnicodeDecodeError as error:
        message = f"{path.name}: a mapping is written in UTF-8, and byte {error.start} of this one is not"
        raise Failure(message) from error
    except (tomllib.TOMLDecodeError, MistakeError) as error:
        message = f"{path.name}: {error}"
        raise Failure(message) from error
    except RecursionError as error:
        message = f"{path.name}: its tables are nested too deep"
        raise Failure(message) from error


def parse(content: Mapping[str, Any]) -> FileMapping:
    """A mapping out of its TOML."""
    top = TomlTable(content, "mapping")
    rules = [_event(table) for table in top.tables("event")]
    if not rules:
        top.mistake("event", "name at least one event: [[event]]")
    made = FileMapping(
        events=tuple(rules),
        zone=top.zone("time_zone"),
        encoding=top.encoding("encoding", "utf-8-sig"),
        delimiter=top.delimiter("delimiter", ","),
        group_by=top.texts("group_by"),
        skip=tuple(Skip(table.text("reason"), _conditions(table, "when")) for table in top.tables("skip")),
        edition=top.whole("edition", 1, most=1_000_000),
    )
    top.done()
    return made


_VALUES = ("column", "const", "join", "product", "each")


def _event(table: TomlTable) -> EventRule:
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


def _fields(table: TomlTable) -> Fields:
    return Fields({key: _value(table, key) for key in table.content})


def _value(parent: TomlTable, key: str, shape: Shape | None = None) -> Value:
    found = parent.get(key)
    if not isinstance(found, dict):
        return _constant(parent, key)
    table = TomlTable(found, f"{parent.place}.{key}")
    kinds = [name for name in _VALUES if name in found]
    if not kinds:
        return _fields(table)
    if len(kinds) > 1:
        table.mistake(kinds[1], f"stands beside {kinds[0]}; one of them must go")
    made = _one(table, kinds[0], shape)
    table.done()
    return made


def _constant(table: TomlTable, key: str) -> Constant:
    content = table.get(key)
    if content is None:
        table.mistake(key, "is missing")
    try:
        orjson.dumps(content)
    except (TypeError, RecursionError) as error:
        table.mistake(key, f"cannot be sent: {error}")
    return Constant(content)


def _one(table: TomlTable, kind: str, shape: Shape | None) -> Value:
    if kind == "const":
        return _constant(table, "const")
    if kind == "each":
        return Each(_fields(table.table("each")), _conditions(table, "where"))
    if kind == "column":
        return Column(table.text("column"), _shape(table, shape))
    if kind == "product":
        return Product(table.texts("product"), _shape(table, shape))
    parts = tuple(Constant(one[1:]) if one.startswith("=") else Column(one, Shape()) for one in table.texts("join"))
    return Joined(parts, table.text("with", " "), _shape(table, shape))


def _shape(table: TomlTable, default: Shape | None) -> Shape:
    base = default or Shape()
    kind, sign = table.text("as", base.kind), table.text("sign", base.sign)
    if kind not in KINDS:
        table.mistake("as", f"must be one of {', '.join(KINDS)}")
    if sign not in SIGNS:
        table.mistake("sign", f"must be one of {', '.join(SIGNS)}")
    return Shape(
        kind=kind,
        words=table.words("map"),
        otherwise=table.maybe_text("otherwise"),
        default=table.maybe_text("default"),
        sign=sign,
        digits=table.whole("digits", base.digits, most=MOST_DIGITS),
        formats=_formats(table),
        many=table.truth("list") or False,
    )


def _formats(table: TomlTable) -> tuple[str, ...]:
    formats, some_day = table.texts("format"), datetime(2001, 12, 31, 23, 59, 58, tzinfo=UTC)
    for one in formats:
        try:
            datetime.strptime(some_day.strftime(one), one)  # noqa: DTZ007 - whether it can be read back, no more
        except ValueError as error:
            table.mistake("format", f"{one} is no pattern of a time: {error}")
    return formats


def _conditions(parent: TomlTable, key: str) -> tuple[Condition, ...]:
    made = []
    for table in parent.tables(key):
        tests = [name for name in ("matches", "not_matches", "above", "below", "present") if name in table.content]
        if len(tests) != 1:
            table.mistake("column", "needs exactly one of matches, not_matches, above, below, present")
        made.append(Condition(table.text("column"), tests[0], _operand(table, tests[0])))
        table.done()
    return tuple(made)


def _operand(table: TomlTable, test: str) -> str | bool | float:
    if test == "present":
        return bool(table.truth("present"))
    if test in ("above", "below"):
        return table.number(test)
    pattern = table.text(test)
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        table.mistake(test, f"is no regular expression: {error}")
    return pattern
