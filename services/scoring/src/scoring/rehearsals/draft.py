"""A changed scorecard: only its numbers may change, and only to what makes sense."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guanxi.problems import FieldError, Unprocessable

LARGEST = 10**12
OWN = ("kind", "version", "texts", "levers", "rates", "currency", "rounding", "costs")
"""What a version is, how it is shown and what it reckons with: not rehearsed."""


def drafted(body: Mapping[str, Any], changes: Mapping[str, Any], version: int) -> dict[str, Any]:
    """The body of the next version: the one in force with these changes merged in. 422, each field by its path.

    Objects are merged, lists and numbers take the place of what was there, in the same shape: a band is neither added
    nor renamed, a curve has as many points as before.
    """
    wrong = list(_wrong(body, changes, ""))
    wrong += [FieldError(f"changes.{name}", "fixed", "This is not rehearsed.") for name in changes if name in OWN]
    if not changes:
        wrong.append(FieldError("changes", "empty", "Nothing is changed."))
    if wrong:
        raise Unprocessable("This is no change of the scorecard in force.", wrong)
    made: dict[str, Any] = _merged(body, changes)
    if senseless := list(_senseless(made)):
        raise Unprocessable("This scorecard makes no sense.", senseless)
    return made | {"version": version}


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


def _senseless(body: Mapping[str, Any]) -> Iterator[FieldError]:
    for name, least, most in (("window_days", 1, 3650), ("default_margin_bp", 0, 10_000)):
        if not least <= body[name] <= most:
            yield FieldError(f"changes.{name}", "range", f"From {least} to {most}.")
    if body["continuity"]["days"] < 1:
        yield FieldError("changes.continuity.days", "range", "At least 1.")
    for name, rising in (("profit", True), ("recency", True), ("frequency", False)):
        limits = [point[0] for point in body[name]]
        if limits != sorted(set(limits), reverse=not rising):
            yield FieldError(f"changes.{name}", "order", "Its limits go one way, and none stands twice.")
    if body["payment"]["least"] > body["payment"]["most"]:
        yield FieldError("changes.payment.least", "order", "The least is more than the most.")
    starts = [band["from"] for band in body["bands"] if "from" in band]
    if starts != sorted(set(starts), reverse=True):
        yield FieldError("changes.bands", "order", "The best band comes first, and each starts below the one before.")
    for n, band in enumerate(body["bands"]):
        if "keep_from" in band and band["keep_from"] > band["from"]:
            yield FieldError(
                f"changes.bands[{n}].keep_from", "order", "A tier is kept at least down to where it starts."
            )
