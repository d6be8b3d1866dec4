"""What a reader without `pii:read` sees of phones, addresses of mail and identity numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from guanxi.auth._principal import PII_READ, Principal
from guanxi.events import Personal

_Model = TypeVar("_Model", bound=BaseModel)
_HEAD, _TAIL = 3, 4
_PLAIN = frozenset({str, int, float, bool, bytes, date, datetime, UUID, type(None)})


def mask_phone(value: str) -> str:
    """`13800131234` becomes `138****1234`, `+8613800131234` becomes `+86138****1234`."""
    country = "+86" if value.startswith("+86") else ""
    number = value.removeprefix(country)
    if len(number) < _HEAD + _TAIL + 1:
        return country + "****"
    return f"{country}{number[:_HEAD]}****{number[-_TAIL:]}"


def mask_email(value: str) -> str:
    """`zhang@example.com` becomes `z***@example.com`."""
    local, at, domain = value.rpartition("@")
    return f"{local[0]}***@{domain}" if at and local else "***"


def mask_id(value: str) -> str:
    """`140105199001011234` becomes `140*************34`; short ones keep nothing."""
    head, tail = 3, 2
    if len(value) <= 2 * (head + tail):
        return "*" * len(value)
    return value[:head] + "*" * (len(value) - head - tail) + value[-tail:]


MASKS: dict[str, Callable[[str], str]] = {
    "phone": mask_phone,
    "email": mask_email,
    "id": mask_id,
    "id_number": mask_id,
}


def masked(model: _Model, principal: Principal) -> _Model:
    """The model as `principal` may see it: fields tagged `Personal` of a kind in `MASKS` are masked, at any depth."""
    return model if principal.may(PII_READ) else _mask_model(model)


def has_personal(model: BaseModel) -> bool:
    """Whether anything in the model would be masked."""
    return any(True for _ in _personal_values(model))


def masks_of(model: type[BaseModel]) -> Mapping[str, Callable[[str], str]]:
    """What `masked` does to a model's own fields, by name: for a hot list that makes its JSON without the model."""
    return _plan(model).masks


def _personal_values(value: Any) -> Iterator[str]:
    if isinstance(value, BaseModel):
        plan = _plan(type(value))
        yield from (name for name in plan.masks if getattr(value, name))
        for name in plan.inside:
            yield from _personal_values(getattr(value, name))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _personal_values(item)


def _mask_model(model: _Model) -> _Model:
    plan = _plan(type(model))
    changed: dict[str, Any] = {}
    for name in plan.looked_at:
        before = getattr(model, name)
        after = _mask_value(before, plan.masks.get(name))
        if after is not before:
            changed[name] = after
    return model.model_copy(update=changed) if changed else model


def _mask_value(value: Any, mask: Callable[[str], str] | None) -> Any:
    if isinstance(value, str):
        return mask(value) if mask else value
    if isinstance(value, BaseModel):
        return _mask_model(value)
    if isinstance(value, list | tuple):
        after = [_mask_value(item, mask) for item in value]
        return value if all(new is old for new, old in zip(after, value, strict=True)) else type(value)(after)
    return value


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which fields of a model are masked, and in which more may be found: most fields are neither."""

    masks: dict[str, Callable[[str], str]]
    inside: tuple[str, ...]

    @property
    def looked_at(self) -> list[str]:
        """Both."""
        return list(dict.fromkeys((*self.masks, *self.inside)))


@lru_cache(maxsize=512)
def _plan(model: type[BaseModel]) -> _Plan:
    fields = model.model_fields
    found: dict[str, Callable[[str], str]] = {}
    for name, field in fields.items():
        for mark in (*field.metadata, *_marks(field.annotation)):
            if isinstance(mark, Personal) and mark.kind in MASKS:
                found[name] = MASKS[mark.kind]
    return _Plan(found, tuple(name for name, field in fields.items() if not _is_plain(field.annotation)))


def _is_plain(annotation: Any) -> bool:
    """Whether no value of this type can hold a model; what is not surely plain is looked into."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return True
    if origin is Annotated:
        return _is_plain(arguments[0])
    if arguments:
        return all(argument is Ellipsis or _is_plain(argument) for argument in arguments)
    return annotation in _PLAIN


def _marks(annotation: Any) -> Iterator[object]:
    # Personal may stand inside: `Annotated[str, Personal("phone")] | None`, `list[Annotated[...]]`.
    yield from getattr(annotation, "__metadata__", ())
    for argument in get_args(annotation):
        yield from _marks(argument)
