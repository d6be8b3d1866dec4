"""Rows of a file, one after the other: CSV, CSV.gz, Parquet and JSON Lines, every value as text.

A file is read twice when its rows are grouped, so a reader can be started again and always gives the same rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from guanxi_local.failures import Failure
from guanxi_local.imports.records import BadRecordError, CsvRecords, CutOffError, lines, opened, readable

_CHUNK = 1 << 20
_FETCH = 5_000


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a row cannot be read: `code` counts it, `detail` says what is there."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number from 1, and its values; a flaw instead when it could not be read."""

    number: int
    values: Mapping[str, str]
    flaw: Flaw | None = None


@dataclass(frozen=True, slots=True)
class RowFile:
    """A file of rows. `CutOffError` after the last row that can be read when the file breaks off."""

    path: Path
    encoding: str = "utf-8-sig"
    delimiter: str = ","

    @property
    def kind(self) -> str:
        """`csv`, `parquet` or `jsonl`, by the name."""
        name = self.path.name.removesuffix(".gz")
        suffix = name.rpartition(".")[2].lower()
        known = {"csv": "csv", "tsv": "csv", "txt": "csv", "parquet": "parquet", "jsonl": "jsonl", "ndjson": "jsonl"}
        if suffix not in known:
            message = f"{self.path.name}: read are .csv, .csv.gz, .parquet, .jsonl and .jsonl.gz"
            raise Failure(message)
        return known[suffix]

    def digest(self) -> str:
        """The SHA-256 of the file as it lies there."""
        found = hashlib.sha256()
        with self.path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                found.update(chunk)
        return found.hexdigest()

    def columns(self) -> tuple[str, ...]:
        """The names of its columns; none where each row names its own."""
        if self.kind == "jsonl":
            return ()
        if self.kind == "parquet":
            return tuple(_names(_parquet(self.path)))
        with opened(self.path, self.encoding) as file:
            return tuple(CsvRecords(lines(file, self.path), self.delimiter).header(self.path, self.encoding))

    def __iter__(self) -> Iterator[Row]:
        """All rows, from the first."""
        if self.kind == "parquet":
            return self._parquet_rows()
        return self._csv_rows() if self.kind == "csv" else self._json_rows()

    def _csv_rows(self) -> Iterator[Row]:
        with opened(self.path, self.encoding) as file:
            records = CsvRecords(lines(file, self.path), self.delimiter)
            header = records.header(self.path, self.encoding)
            number = 0
            while True:
                number += 1
                try:
                    found = records.read()
                except BadRecordError as error:
                    yield Row(number, {}, Flaw("not-csv", str(error)))
                    continue
                if found is None:
                    return
                yield self._csv_row(number, header, found)

    def _csv_row(self, number: int, header: Sequence[str], found: Sequence[str]) -> Row:
        if not readable("".join(found)):
            return Row(number, {}, self._not_decoded())
        if len(found) != len(header):
            return Row(number, {}, Flaw("field-count", f"has {len(found)} fields, the header {len(header)}"))
        return Row(number, dict(zip(header, found, strict=True)))

    def _json_rows(self) -> Iterator[Row]:
        with opened(self.path, self.encoding) as file:
            full = (line for line in lines(file, self.path) if line.strip())
            for number, line in enumerate(full, start=1):
                yield self._json_row(number, line)

    def _json_row(self, number: int, line: str) -> Row:
        if not readable(line):
            return Row(number, {}, self._not_decoded())
        try:
            found = orjson.loads(line)
            if not isinstance(found, dict):
                return Row(number, {}, Flaw("not-an-object", f"is a {type(found).__name__}"))
            return Row(number, dict(_flat(found)))
        except orjson.JSONDecodeError as error:
            return Row(number, {}, Flaw("not-json", str(error)))
        except RecursionError:
            return Row(number, {}, Flaw("not-json", "is nested too deep"))

    def _not_decoded(self) -> Flaw:
        return Flaw("not-decoded", f"holds bytes that are not {self.encoding}")

    def _parquet_rows(self) -> Iterator[Row]:
        found = _parquet(self.path)
        names = _names(found)
        number = 0
        while rows := _fetched(found, self.path):
            for values in rows:
                number += 1
                yield Row(number, {name: as_text(value) for name, value in zip(names, values, strict=True)})


def as_text(value: Any) -> str:
    """A value of a typed file as a text file would show it; empty for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if isinstance(value, list | dict):
        return _json_text(value)
    return str(value)


def _json_text(value: Any) -> str:
    # The standard library's, because it takes numbers of any size.
    try:
        return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError):  # keys that JSON does not know, as a map of Parquet may have
        return str(value)


def _flat(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, item in value.items():
        if isinstance(item, dict):
            yield from _flat(item, f"{above}{key}.")
        else:
            yield f"{above}{key}", as_text(item)


def _parquet(path: Path) -> Any:
    import duckdb  # noqa: PLC0415 - only Parquet needs it

    try:
        return duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(path)])
    except duckdb.Error as error:
        message = f"{path.name}: {str(error).splitlines()[0]}"
        raise Failure(message) from error


def _fetched(found: Any, path: Path) -> list[tuple[Any, ...]]:
    import duckdb  # noqa: PLC0415 - as above

    try:
        rows: list[tuple[Any, ...]] = found.fetchmany(_FETCH)
    except (duckdb.Error, UnicodeDecodeError) as error:
        message = f"{path.name} cannot be read to its end: {str(error).splitlines()[0]}"
        raise CutOffError(message) from error
    return rows


def _names(found: Any) -> list[str]:
    return [column[0] for column in found.description]


def missing_columns(columns: Sequence[str], wanted: Iterable[str]) -> list[str]:
    """Those that a mapping names and a file with a header does not have."""
    return sorted(set(wanted) - set(columns)) if columns else []
