"""Where a fact holds personal data: what masking, erasure and the generated table of events go by."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Annotated, get_args, get_origin

from pydantic import BaseModel

from guanxi.events._envelope import Fact, Personal


@cache
def personal_fields(fact: type[Fact]) -> dict[str, str]:
    """Path -> kind of each personal field, like `{"phones[]": "phone", "address.line": "address"}`."""
    return dict(_walk(fact, ""))


def _walk(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        path = f"{prefix}{name}"
        yield from ((path, tag.kind) for tag in field.metadata if isinstance(tag, Personal))
        yield from _inside(field.annotation, path)


def _inside(annotation: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _walk(annotation, f"{path}.")
        return
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from ((path, tag.kind) for tag in parts[1:] if isinstance(tag, Personal))
        yield from _inside(parts[0], path)
        return
    for part in parts:
        yield from _inside(part, f"{path}[]" if origin in {tuple, list} else path)
