"""What the operators' commands have in common: which platform they ask, and as whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from guanxi_local.failures import Failure
from guanxi_local.platform import Platform
from guanxi_local.processes import read_processes
from guanxi_local.state import open_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guanxi_local.door import Door

_SCOPES = ("ops:read", "ops:write", "pii:read")

Gateway = Annotated[str | None, typer.Option(help="Address of the platform; this installation's without.")]
Token = Annotated[str | None, typer.Option(envvar="GUANXI_TOKEN", help="An operator's token; made here without.")]


def service_names() -> list[str]:
    """The services, in the order in which they are shown."""
    return [service.name for service in read_processes()]


def check_service(name: str) -> None:
    """Raise a `Failure` for a service that does not exist."""
    names = service_names()
    if name not in names:
        message = f"there is no service {name}; they are {', '.join(names)}"
        raise Failure(message)


def open_door(gateway: str | None, token: str | None, scopes: Sequence[str] = _SCOPES) -> Door:
    """Open the way in: to this installation with these scopes, or to another, for which nothing is made here."""
    from guanxi_local.door import Door  # noqa: PLC0415 - the other commands start without it
    from guanxi_local.tokens import mint  # noqa: PLC0415 - as above

    if gateway and not token:
        message = "another platform's gateway needs a token of its own: --token, or GUANXI_TOKEN"
        raise Failure(message)
    if gateway and token:
        return Door(gateway, token)
    state, _ = open_state()
    address = Platform(state, read_processes()).gateway
    return Door(address, token or mint(state, scopes=scopes, subject="operator"))
