"""What JSON allows and a database does not: each is named by its field before any code of ours reads the body.

The standard parser takes NaN, 1e400, duplicate keys, U+0000, lone surrogates and integers of any size; PostgreSQL and
other languages do not. One pass marks what is wrong; only a body with a mark is walked for the places.
"""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Iterator
from typing import Any

from guanxi.problems import FieldError, Problem, Unprocessable

DEEPEST = 16
MOST_ERRORS = 100
_INTEGERS = range(-(2**63), 2**63)
_LONGEST_INTEGER = 20
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Mark:
    """Stands in the parsed tree where a value was refused."""

    __slots__ = ("code", "detail")

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail


_RANGE = _Mark("out-of-range", "Integers go from -2^63 to 2^63 - 1.")
_FINITE = _Mark("not-finite", "Numbers are finite.")
_TWICE = _Mark("duplicate-key", "The key stands twice in one object.")


def json_errors(raw: bytes) -> list[FieldError]:
    """What is wrong with a JSON text, by field; an unparsable one raises `Problem` (400 `json-invalid`)."""
    reading = _READING
    try:
        tree = reading.read(raw)
    except UnicodeDecodeError as error:
        raise _invalid(f"The body is not UTF-8 at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        raise _invalid(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from error
    except RecursionError:
        return [_too_deep("body")]
    if not reading.marked and raw.count(b"[") + raw.count(b"{") <= DEEPEST and not _SUSPECT.search(raw):
        return []
    return [error for error, _ in zip(_walk(tree), range(MOST_ERRORS), strict=False)]


def check_json(raw: bytes) -> None:
    """Raise `Problem` (400) or `Unprocessable` (422) unless the text is JSON that we take."""
    errors = json_errors(raw)
    if errors:
        message = "The JSON holds values that are not taken here."
        raise Unprocessable(message, errors)


class _Reading(threading.local):
    """A parser, which notes whether anything was marked in the text read last; each thread has its own.

    To make one costs as much as to read a small body.
    """

    def __init__(self) -> None:
        self.marked = False
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=self._integer,
            parse_float=self._float,
            parse_constant=self._constant,
        )

    def read(self, raw: bytes) -> Any:
        self.marked = False
        return self._decoder.decode(raw.decode())

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            self.marked = True
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    made[key] = _TWICE
                seen.add(key)
        return made

    def _integer(self, text: str) -> int | _Mark:
        if len(text) <= _LONGEST_INTEGER and (value := int(text)) in _INTEGERS:
            return value
        self.marked = True
        return _RANGE

    def _float(self, text: str) -> float | _Mark:
        value = float(text)
        if math.isfinite(value):
            return value
        self.marked = True
        return _FINITE

    def _constant(self, _: str) -> _Mark:
        self.marked = True
        return _FINITE


_READING = _Reading()


def _walk(tree: Any) -> Iterator[FieldError]:
    waiting: list[tuple[str, int, Any]] = [("", 0, tree)]
    while waiting:
        path, depth, value = waiting.pop()
        if isinstance(value, _Mark):
            yield FieldError(path or "body", value.code, value.detail)
        elif isinstance(value, str):
            yield from _text_errors(path or "body", value)
        elif isinstance(value, dict | list):
            if depth >= DEEPEST:
                yield _too_deep(path)
                continue
            inside = value.items() if isinstance(value, dict) else enumerate(value)
            for key, item in inside:
                place = join_path(path, key)
                if isinstance(key, str):
                    yield from _text_errors(place, key)
                waiting.append((place, depth + 1, item))


def join_path(path: str, key: str | int) -> str:
    """`lines`, 0 and `quantity` make `lines[0].quantity`."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else key


def _text_errors(path: str, text: str) -> Iterator[FieldError]:
    if "\x00" in text:
        yield FieldError(path, "null-character", "Text may not hold U+0000.")
    if _SURROGATE.search(text):
        yield FieldError(path, "lone-surrogate", "Text may not hold half of a surrogate pair.")


def _too_deep(path: str) -> FieldError:
    return FieldError(path, "too-deep", f"Values nest at most {DEEPEST} deep.")


def _invalid(detail: str) -> Problem:
    return Problem(400, "json-invalid", detail)
