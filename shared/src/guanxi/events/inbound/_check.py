"""The door for reports from outside: everything wrong is named by field, what is optional and wrong is left out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from guanxi.events._envelope import fact_types
from guanxi.events.fields import AT_THE_DOOR, KEPT, PATTERN_HINTS, TELLING
from guanxi.events.inbound._base import Inbound
from guanxi.problems import FieldError

MAX_FAULTS = 100
"""More faults than this are not listed: the sender has enough to mend."""

_Loc = tuple[str | int, ...]
_PLAIN_KEY = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)
_SUBJECT = re.compile(r"^(Input|String|Tuple|Value|Data) should")
_CODES = {
    "extra_forbidden": "unknown-field",
    "date_from_datetime_parsing": "date-parsing",
    "datetime_from_date_parsing": "time-parsing",
}
_DETAILS = {
    "missing": "is required",
    "extra_forbidden": "is not a field of this type",
    "int_type": "must be a whole number, written without quotes",
    "string_unicode": "holds half a surrogate pair, which is not text",
}
_NEVER_DROPPED = frozenset({"extra_forbidden", "too_long"})


@dataclass(frozen=True, slots=True)
class Checked:
    """A report after the door: the model, or the errors that refuse it; warnings name optional fields left out."""

    model: Inbound | None
    errors: tuple[FieldError, ...] = ()
    warnings: tuple[FieldError, ...] = ()


def inbound_types() -> dict[str, type[Inbound]]:
    """All types of inbound reports, by type name."""
    return {name: fact for name, fact in fact_types().items() if issubclass(fact, Inbound) and fact.TOPIC == "inbound"}


def check_inbound(type: str, data: object) -> Checked:  # noqa: A002 - CloudEvents' word
    """Check the data of one inbound event; never raises, whatever JSON it is given.

    A bad required field refuses the report, a bad optional one is dropped with a warning (a blank one without).
    Money, quantities, fields whose absence says something, unknown fields and lists that are too long are never
    dropped: they refuse the report.
    """
    model = fact_types().get(type)
    if model is None or not issubclass(model, Inbound) or model.TOPIC != "inbound":
        return Checked(None, (FieldError("type", "unknown-type", "is not the type of an inbound report"),))
    report, problems = _read(model, data)
    warnings: tuple[FieldError, ...] = ()
    if report is None:
        drops = {p["loc"]: _droppable(model, p, blank=_blank(data, p["loc"])) for p in problems}
        errors = [_fault(problem, data) for problem in problems if drops[problem["loc"]] is None]
        dropped = [problem for problem in problems if drops[problem["loc"]] is not None]
        warnings = tuple(_fault(problem, data) for problem in dropped if not _blank(data, problem["loc"]))[:MAX_FAULTS]
        if errors:
            return Checked(None, tuple(errors[:MAX_FAULTS]), warnings)
        report, problems = _read(model, _without(data, [path for path in drops.values() if path]))
    if report is None:
        return Checked(None, tuple(_fault(problem, data) for problem in problems[:MAX_FAULTS]), warnings)
    faults = tuple(report.faults())[:MAX_FAULTS]
    return Checked(None if faults else report, faults, warnings)


def _read(model: type[Inbound], data: object) -> tuple[Inbound | None, list[ErrorDetails]]:
    try:
        return model.model_validate(data, extra="forbid", context=AT_THE_DOOR), []
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
    inner = {problem["loc"][:1] for problem in problems if len(problem["loc"]) > 1}
    return None, [p for p in problems if p["type"] != "too_short" or p["loc"] not in inner]


def _droppable(model: type[BaseModel], problem: ErrorDetails, *, blank: bool) -> _Loc | None:
    """The smallest part around the problem that may be left out, or None where nothing may."""
    loc = problem["loc"]
    if problem["type"] in _NEVER_DROPPED:
        return None
    found: _Loc | None = None
    shape: type[BaseModel] | None = model
    field: FieldInfo | None = None
    for depth, key in enumerate(loc, start=1):
        if isinstance(key, str):
            field = shape.model_fields.get(key) if shape else None
            marks = list(_metadata(field)) if field else [KEPT]
            if field is None or KEPT in marks or (TELLING in marks and not blank):
                return None
            shape = _model_in(field.annotation)
        if field is not None and not field.is_required():
            found = loc[:depth]
    return found


def _metadata(field: FieldInfo) -> Iterator[object]:
    yield from field.metadata
    yield from (item for part in get_args(field.annotation) if get_origin(part) is Annotated for item in get_args(part))


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def _without(node: object, paths: Iterable[_Loc]) -> object:
    """`node` less what lies at `paths`; copies only what leads there, so depth elsewhere costs nothing."""
    if not isinstance(node, Mapping | list):
        return node
    below: dict[str | int, list[_Loc]] = {}
    for head, *rest in paths:
        below.setdefault(head, []).append(tuple(rest))
    gone = {head for head, rests in below.items() if () in rests}
    pairs = node.items() if isinstance(node, Mapping) else enumerate(node)
    kept = [(key, _without(item, below[key]) if key in below else item) for key, item in pairs if key not in gone]
    return dict(kept) if isinstance(node, Mapping) else [item for _, item in kept]


def _at(data: object, loc: _Loc) -> object:
    for key in loc:
        if isinstance(data, Mapping):
            data = data.get(key)
        elif isinstance(data, list) and isinstance(key, int) and key < len(data):
            data = data[key]
        else:
            return None
    return data


def _blank(data: object, loc: _Loc) -> bool:
    value = _at(data, loc)
    return isinstance(value, str) and not value.strip()


def _fault(problem: ErrorDetails, data: object) -> FieldError:
    kind = problem["type"]
    value = _at(data, problem["loc"])
    if isinstance(value, str) and "\0" in value:
        return FieldError(_path(problem["loc"]), "nul-character", "must not contain U+0000")
    pattern = str(problem.get("ctx", {}).get("pattern"))
    detail = _DETAILS.get(kind) or PATTERN_HINTS.get(pattern) or _SUBJECT.sub("must", problem["msg"])
    return FieldError(_path(problem["loc"]), _CODES.get(kind, kind.replace("_", "-")), detail)


def _path(loc: _Loc) -> str:
    """`("lines", 0, "sku")` as `lines[0].sku`; a key that is no plain name is quoted, in ASCII."""
    text = ""
    for key in loc:
        if isinstance(key, int):
            text += f"[{key}]"
        elif _PLAIN_KEY.fullmatch(key):
            text += f".{key}" if text else key
        else:
            text += f"[{json.dumps(key[:64])}]"
    return text or "data"
