"""Rows of a file, one after the other: CSV, CSV.gz, Parquet and JSON Lines, every value as text.

A file is read twice when its rows are grouped, so a reader can be started again and always gives the same rows.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from guanxi_local.failures import Failure

_CHUNK = 1 << 20
_FETCH = 5_000
_LONGEST_FIELD = 1 << 20


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number from 1, and its values; a fault instead when it could not be read."""

    number: int
    values: Mapping[str, str]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class RowFile:
    """A file of rows; `columns` is empty where each row names its own."""

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
        """The names of its columns."""
        if self.kind == "jsonl":
            return ()
        if self.kind == "parquet":
            return tuple(_names(_parquet(self.path)))
        with self._text() as file:
            return tuple(self._header(csv.reader(file, delimiter=self.delimiter)))

    def __iter__(self) -> Iterator[Row]:
        """All rows, from the first."""
        if self.kind == "parquet":
            return self._parquet_rows()
        return self._csv_rows() if self.kind == "csv" else self._json_rows()

    def _csv_rows(self) -> Iterator[Row]:
        csv.field_size_limit(_LONGEST_FIELD)
        with self._text() as file:
            lines = csv.reader(file, delimiter=self.delimiter, strict=True)
            header = self._header(lines)
            for number, found in enumerate(_records(lines, self.path), start=1):
                if isinstance(found, str):
                    yield Row(number, {}, found)
                elif len(found) != len(header):
                    yield Row(number, {}, f"has {len(found)} fields, the header {len(header)}")
                else:
                    yield Row(number, dict(zip(header, found, strict=True)))

    def _json_rows(self) -> Iterator[Row]:
        with self._text() as file:
            lines = (line for line in file if line.strip())
            for number, line in enumerate(_decoded(lines, self.path), start=1):
                try:
                    found = orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    yield Row(number, {}, f"is not JSON: {error}")
                    continue
                if isinstance(found, dict):
                    yield Row(number, dict(_flat(found)))
                else:
                    yield Row(number, {}, "is not a JSON object")

    def _parquet_rows(self) -> Iterator[Row]:
        found = _parquet(self.path)
        names = _names(found)
        number = 0
        while rows := found.fetchmany(_FETCH):
            for values in rows:
                number += 1
                yield Row(number, {name: as_text(value) for name, value in zip(names, values, strict=True)})

    def _header(self, lines: Iterator[list[str]]) -> list[str]:
        try:
            header = next(lines, [])
        except UnicodeDecodeError as error:
            raise _not_text(self.path, error) from error
        if not header or len(set(header)) != len(header):
            message = f"{self.path.name}: the first line must name every column once"
            raise Failure(message)
        return header

    def _text(self) -> IO[str]:
        if self.path.name.endswith(".gz"):
            return io.TextIOWrapper(gzip.open(self.path, "rb"), encoding=self.encoding, newline="")
        return self.path.open(encoding=self.encoding, newline="")


def as_text(value: Any) -> str:
    """A value of a typed file as a text file would show it; empty for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if isinstance(value, list | dict):
        return orjson.dumps(value, default=str).decode()
    return str(value)


def _records(lines: Iterator[list[str]], path: Path) -> Iterator[list[str] | str]:
    while True:
        try:
            record = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"is not CSV: {error}"
        except UnicodeDecodeError as error:
            raise _not_text(path, error) from error
        else:
            if record:
                yield record


def _decoded(lines: Iterable[str], path: Path) -> Iterator[str]:
    try:
        yield from lines
    except UnicodeDecodeError as error:
        raise _not_text(path, error) from error


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


def _names(found: Any) -> list[str]:
    return [column[0] for column in found.description]


def _not_text(path: Path, error: UnicodeDecodeError) -> Failure:
    return Failure(
        f"{path.name} is not {error.encoding} (byte {error.start} of a block); name its encoding in the mapping"
    )


def missing_columns(columns: Sequence[str], wanted: Iterable[str]) -> list[str]:
    """Those that a mapping names and a file with a header does not have."""
    return sorted(set(wanted) - set(columns)) if columns else []
