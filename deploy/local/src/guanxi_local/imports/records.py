"""From the bytes of a text file to its records: no line ends the reading, only a file that cannot be unpacked."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from guanxi_local.failures import Failure

_LONGEST_FIELD = 1 << 20
_ERRORS = "guanxi-unreadable"
_UNREADABLE = "\udcff"
"""Stands for bytes that the encoding does not know: half of a surrogate pair, which no encoding gives."""


class CutOffError(Exception):
    """The file ends, or stops being readable, before its end; what was read until then is good."""


class BadRecordError(ValueError):
    """A record that cannot be read; those that follow can."""


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return _UNREADABLE, error.end
    raise error


codecs.register_error(_ERRORS, _stand_in)


def opened(path: Path, encoding: str) -> IO[str]:
    """A text file, packed or not; read it with `lines`."""
    if path.name.endswith(".gz"):
        return io.TextIOWrapper(gzip.open(path, "rb"), encoding=encoding, errors=_ERRORS, newline="")
    return path.open(encoding=encoding, errors=_ERRORS, newline="")


def lines(file: IO[str], path: Path) -> Iterator[str]:
    """The lines of a file; `CutOffError` after the last good one when the file breaks off."""
    try:
        yield from file
    except EOFError as error:
        message = f"{path.name} is cut off in the middle: {error}"
        raise CutOffError(message) from error
    except (zlib.error, gzip.BadGzipFile, UnicodeError) as error:
        message = f"{path.name} cannot be read to its end: {error}"
        raise CutOffError(message) from error


def readable(text: str) -> bool:
    """Whether all of its bytes were of the file's encoding."""
    return _UNREADABLE not in text


class CsvRecords:
    """The records of a CSV file, each a list of fields.

    A record that is no CSV gives up its first line alone: the lines that it had swallowed, up to the end of the file
    where a quotation mark is never closed, are read again as records of their own.
    """

    def __init__(self, source: Iterator[str], delimiter: str) -> None:
        csv.field_size_limit(_LONGEST_FIELD)
        self._lines = _Lines(source)
        self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)

    def header(self, path: Path, encoding: str) -> list[str]:
        """The names of the columns; `Failure` when there are none that can be told apart."""
        try:
            header = self.read()
        except (BadRecordError, CutOffError) as error:
            message = f"{path.name}: the first line cannot be read ({error})"
            raise Failure(message) from error
        if header is None or len(set(header)) != len(header):
            message = f"{path.name}: the first line must name every column once"
            raise Failure(message)
        if not readable("".join(header)):
            message = f"{path.name}: the first line is not {encoding}; name the file's encoding in the mapping"
            raise Failure(message)
        return header

    def read(self) -> list[str] | None:
        """The next record that is not empty, None after the last; `BadRecordError` for one that is no CSV."""
        while True:
            self._lines.taken.clear()
            try:
                record = next(self._reader)
            except StopIteration:
                if self._lines.broken is not None:
                    raise self._lines.broken from None
                return None
            except csv.Error as error:
                self._lines.give_back_all_but_the_first()
                raise BadRecordError(str(error)) from error
            if record:
                return record


class _Lines:
    """Lines of which some may be given back; a file that breaks off ends here, so that the last record is judged."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source = source
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self.broken: CutOffError | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = self._again.popleft() if self._again else next(self._source)
        except CutOffError as error:
            self.broken = error
            raise StopIteration from error
        self.taken.append(line)
        return line

    def give_back_all_but_the_first(self) -> None:
        self._again.extendleft(reversed(self.taken[1:]))
