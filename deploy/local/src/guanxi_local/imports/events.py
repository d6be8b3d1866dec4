"""From rows to events, as a stream: groups are closed with their last row, ids are made of the file and the row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from guanxi_local.failures import Failure
from guanxi_local.imports.mapping import EventRule, FileMapping
from guanxi_local.imports.reader import Flaw, Row, RowFile, missing_columns
from guanxi_local.imports.reasons import Reasons
from guanxi_local.imports.records import CutOffError

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:guanxi:import")


@dataclass(frozen=True, slots=True)
class Made:
    """An event and the numbers of the rows it was made of."""

    event: dict[str, Any]
    rows: tuple[int, ...]

    @property
    def id(self) -> str:
        """The event's id."""
        return str(self.event["id"])


@dataclass(slots=True)
class RowTally:
    """What became of the rows: each is counted once. `tell` hears of each that cannot be used, by number."""

    read: int = 0
    used: int = 0
    idle: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    unreadable: Reasons = field(default_factory=Reasons)
    cut_off: str | None = None
    """Where the file broke off, when it did."""
    tell: Callable[[int, Flaw], None] = lambda _row, _flaw: None

    @property
    def adds_up(self) -> bool:
        """Whether each row read is in exactly one of the other counts."""
        return self.read == self.used + self.idle + self.skipped.total() + self.unreadable.total()

    def spoil(self, row: int, flaw: Flaw) -> None:
        """Count a row that cannot be used."""
        self.unreadable.note(flaw.code, row)
        self.tell(row, flaw)


def event_id(digest: str, edition: int, row: int, rule: int) -> UUID:
    """The id of the event that a rule makes of a row (the first of its group): the same whenever the file is read."""
    return uuid5(_NAMESPACE, f"{digest}/{edition}/{row}/{rule}")


def make_events(file: RowFile, mapping: FileMapping, source: str, tally: RowTally) -> Iterator[Made]:
    """All events of a file, in the order in which their rows are complete; `tally` counts the rows meanwhile."""
    missing = missing_columns(file.columns(), mapping.columns())
    if missing:
        message = f"{file.path.name} has no column {', '.join(missing)}; it has {', '.join(file.columns())}"
        raise Failure(message)
    digest = file.digest()
    seen: dict[int, set[tuple[str, ...]]] = {n: set() for n in range(len(mapping.events))}
    for group in _groups(file, mapping, tally):
        made = 0
        for n, rule in enumerate(mapping.events):
            if _applies(rule, group, seen[n]):
                made += 1
                identifier = event_id(digest, mapping.edition, group[0].number, n)
                yield Made(_event(rule, group, mapping, source, identifier), tuple(row.number for row in group))
        if made:
            tally.used += len(group)
        else:
            tally.idle += len(group)


def _applies(rule: EventRule, group: list[Row], seen: set[tuple[str, ...]]) -> bool:
    first = group[0].values
    if not all(test.holds(first) for test in rule.when):
        return False
    if not rule.once_per:
        return True
    key = tuple(first.get(column, "") for column in rule.once_per)
    if key in seen:
        return False
    seen.add(key)
    return True


def _event(rule: EventRule, group: list[Row], mapping: FileMapping, source: str, identifier: UUID) -> dict[str, Any]:
    rows = [row.values for row in group]
    return {
        "specversion": "1.0",
        "id": str(identifier),
        "source": source,
        "type": rule.type,
        "time": rule.time.value(rows, mapping.zone),
        "data": rule.data.value(rows, mapping.zone) or {},
    }


def _groups(file: RowFile, mapping: FileMapping, tally: RowTally) -> Iterator[list[Row]]:
    """Rows that belong together; only groups that are not complete yet are held in memory."""
    if not mapping.group_by:
        yield from ([row] for row in _usable(file, mapping, tally))
        return
    last, torn = _last_rows(file, mapping)
    open_groups: dict[tuple[str, ...], list[Row]] = {}
    for row in _usable(file, mapping, tally):
        key = _key(row, mapping)
        open_groups.setdefault(key, []).append(row)
        if last[key] != row.number:
            continue
        group = open_groups.pop(key)
        if key == torn:
            for one in group:
                tally.spoil(one.number, _TORN)
        else:
            yield group


_TORN = Flaw("group-cut-off", "belongs to the rows in which the file breaks off; the others may be missing")


def _last_rows(file: RowFile, mapping: FileMapping) -> tuple[dict[tuple[str, ...], int], tuple[str, ...] | None]:
    """The last row of each group, and the group that a file which breaks off was in."""
    tally, newest = RowTally(), None
    found: dict[tuple[str, ...], int] = {}
    for row in _usable(file, mapping, tally):
        newest = _key(row, mapping)
        found[newest] = row.number
    return found, newest if tally.cut_off else None


def _usable(file: RowFile, mapping: FileMapping, tally: RowTally) -> Iterator[Row]:
    try:
        for row in file:
            tally.read += 1
            if row.flaw is not None:
                tally.spoil(row.number, row.flaw)
            elif reason := mapping.skipped(row.values):
                tally.skipped[reason] += 1
            else:
                yield row
    except CutOffError as error:
        tally.cut_off = f"{error}; the {tally.read:,} rows before that are accounted for"


def _key(row: Row, mapping: FileMapping) -> tuple[str, ...]:
    return tuple(row.values.get(column, "") for column in mapping.group_by)
