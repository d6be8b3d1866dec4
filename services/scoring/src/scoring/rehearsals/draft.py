"""A changed file: of a scorecard only numbers may change, and only to what makes sense."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from guanxi.problems import FieldError, Unprocessable
from scoring.rehearsals import grouping, sense
from scoring.scorecards import files

LARGEST = 10**12
OWN = ("kind", "version", "texts", "levers", "rates", "currency", "rounding", "costs")
"""What a version is, how it is shown and what it reckons with: not rehearsed."""


def drafted(
    kind: str,
    body: Mapping[str, Any],
    changes: Mapping[str, Any],
    version: int,
    earlier: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The body of the next version of a kind: the one in force with these changes. 422, each field by its path.

    `earlier` are all published bodies of the kind, the newest first.
    """
    if not changes:
        raise Unprocessable("This is no change.", [FieldError("changes", "empty", "Nothing is changed.")])
    body = files.completed(kind, body)
    match kind:
        case files.SEGMENTS:
            made = grouping.segments(body, changes)
        case files.TREATMENTS:
            made = grouping.treatments(body, changes, earlier)
        case _:
            made = _scorecard(kind, body, changes)
    if made == body:
        raise Unprocessable("This is no change.", [FieldError("changes", "empty", "All of this is in force already.")])
    return made | {"version": version}


def _scorecard(kind: str, body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    # Objects are merged, lists and numbers take the place of what was there, in the same shape: a band is neither added
    # nor renamed, a curve has as many points as before.
    wrong = list(_wrong(body, changes, ""))
    wrong += [FieldError(f"changes.{name}", "fixed", "This is not rehearsed.") for name in changes if name in OWN]
    if wrong:
        raise Unprocessable("This is no change of the scorecard in force.", wrong)
    made: dict[str, Any] = _merged(body, changes)
    if senseless := list(sense.senseless(kind, made)):
        raise Unprocessable("This scorecard makes no sense.", senseless)
    return made


def _wrong(there: Any, new: Any, path: str) -> Iterator[FieldError]:
    field = f"changes{path}"
    if type(there) is not type(new):
        yield FieldError(field, "type", "This is not of the same shape as in the version in force.")
    elif isinstance(there, dict):
        for name in (one for one in new if one not in there):
            yield FieldError(f"{field}.{name}", "unknown", "The scorecard in force has no such field.")
        for name in (one for one in new if one in there):
            yield from _wrong(there[name], new[name], f"{path}.{name}")
    elif isinstance(there, list):
        if len(there) != len(new):
            yield FieldError(field, "length", f"There have to be {len(there)}, as in the version in force.")
        for n, (old, value) in enumerate(zip(there, new, strict=False)):
            yield from _wrong(old, value, f"{path}[{n}]")
    else:
        yield from _wrong_value(there, new, field)


def _wrong_value(there: Any, new: Any, field: str) -> Iterator[FieldError]:
    if not isinstance(there, int) or isinstance(there, bool):
        if there != new:
            yield FieldError(field, "fixed", f"This stays {there}: only numbers are rehearsed.")
    elif abs(new) > LARGEST:
        yield FieldError(field, "too-large", f"At most {LARGEST}.")


def _merged(there: Any, new: Any) -> Any:
    if isinstance(there, dict) and isinstance(new, dict):
        return {name: _merged(value, new[name]) if name in new else value for name, value in there.items()}
    if isinstance(there, list) and isinstance(new, list):
        return [_merged(old, value) for old, value in zip(there, new, strict=True)]
    return new
