"""What a reader without `pii:read` sees of an event's body: known fields that are not personal, masks for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from guanxi.auth import mask_email, mask_id, mask_phone
from guanxi.events import Personal
from guanxi.events.fields import CHANNELS
from guanxi.events.inbound import inbound_types

HIDDEN = "***"
_MASKS = {"phone": mask_phone, "email": mask_email, "id": mask_id}
_SHOWN = frozenset({"name", "text", "address"})
"""Kinds that the platform shows to all who may read a record."""
_OWN_NAMES = frozenset({"external_customer", "external_ref", "external_order"})
"""The sender's own names for things; the desk's list shows them as well."""
_ATTRIBUTES = frozenset(
    {
        *("specversion", "id", "source", "type", "time", "subject", "datacontenttype", "dataschema"),
        *("traceparent", "tracestate", "correlationid"),
    }
)
"""What every event says of itself; none of it is about a person but `subject`, which is our own id."""
_ANSWERED_BY = {
    **dict.fromkeys(("phone", "sms", "fax"), "phone"),
    "email": "email",
    **dict.fromkeys(("post", "visit"), "address"),
}
"""Channel -> what kind of address the answer to a complaint goes to; any other is hidden."""


def masked(body: Mapping[str, Any]) -> dict[str, Any]:
    """The event masked. What no event or report has is hidden whole: a sender may have put anything there."""
    return {name: _mask(value, None) if name == "data" else _attribute(name, value) for name, value in body.items()}


def _attribute(name: str, value: Any) -> Any:
    return value if name in _ATTRIBUTES and not isinstance(value, Mapping | list) else HIDDEN


def _mask(value: Any, kind: str | None) -> Any:
    if isinstance(value, Mapping):
        kinds = _kinds()
        return {
            key: _reply_to(item) if key == "reply_to" else _mask(item, kinds[key]) if key in kinds else HIDDEN
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_mask(item, kind) for item in value]
    if kind is None or kind in _SHOWN:
        return value
    return _MASKS[kind](value) if isinstance(value, str) and kind in _MASKS else HIDDEN


def _reply_to(value: Any) -> Any:
    """What `address` holds depends on the channel beside it."""
    if not isinstance(value, Mapping):
        return HIDDEN
    channel = value.get("channel")
    kind = _ANSWERED_BY.get(channel, "unsure") if isinstance(channel, str) else "unsure"
    return {
        key: _mask(item, kind) if key == "address" else item if key == "channel" and item in CHANNELS else HIDDEN
        for key, item in value.items()
    }


@cache
def _kinds() -> dict[str, str | None]:
    """Every field name of every report -> its personal kind, None for a plain one; personal wins where names meet."""
    found: dict[str, str | None] = {}
    for model in inbound_types().values():
        for name, kind in _fields(model):
            found[name] = None if name in _OWN_NAMES else found.get(name) or kind
    return found


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, str | None]]:
    for name, field in model.model_fields.items():
        marks = [*field.metadata, *_marks(field.annotation)]
        yield name, next((mark.kind for mark in marks if isinstance(mark, Personal)), None)
        for part in _models(field.annotation):
            yield from _fields(part)


def _marks(annotation: Any) -> Iterator[object]:
    yield from getattr(annotation, "__metadata__", ())
    for argument in get_args(annotation):
        yield from _marks(argument)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
