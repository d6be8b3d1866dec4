"""Exceptions from the limits, written on the endpoint they are for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from starlette.types import Scope

BODY_BYTES = 65_536
DEADLINE_SECONDS = 5.0
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request to one endpoint may take; a deadline of None is no deadline."""

    body: int = BODY_BYTES
    seconds: float | None = DEADLINE_SECONDS
    check_json: bool = True


_ORDINARY = Limits()


def body_limit(size: int, *, check_json: bool = True) -> Callable[[_Endpoint], _Endpoint]:
    """Let the endpoint take `size` bytes; with `check_json=False` it checks the JSON itself (a batch, part by part)."""
    return _changed(body=size, check_json=check_json)


def deadline(seconds: float | None) -> Callable[[_Endpoint], _Endpoint]:
    """Let the endpoint take `seconds` instead of five; None for streams."""
    return _changed(seconds=seconds)


def streaming(endpoint: _Endpoint) -> _Endpoint:
    """Let the endpoint answer for as long as it likes: server-sent events, exports, imports."""
    return deadline(None)(endpoint)


def limits_of(scope: Scope) -> Limits:
    """The limits of the endpoint that routing has chosen, or the ordinary ones."""
    found: Limits = getattr(scope.get("endpoint"), "guanxi_limits", _ORDINARY)
    return found


def _changed(**changes: Any) -> Callable[[_Endpoint], _Endpoint]:
    def mark(endpoint: _Endpoint) -> _Endpoint:
        endpoint.guanxi_limits = replace(getattr(endpoint, "guanxi_limits", _ORDINARY), **changes)  # type: ignore[attr-defined]
        return endpoint

    return mark
