"""What the operators' commands have in common: which platform they ask, and as whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from guanxi_local.door import Door

SERVICES = ("customer-profile", "interactions", "complaints", "scoring", "notifications")
_SCOPES = ("ops:read", "ops:write", "pii:read")

Gateway = Annotated[str | None, typer.Option(help="Address of the platform; this installation's without.")]
Token = Annotated[str | None, typer.Option(envvar="GUANXI_TOKEN", help="An operator's token; made here without.")]


def check_service(name: str) -> None:
    """Raise a `Failure` for a service that does not exist."""
    from guanxi_local.failures import Failure  # noqa: PLC0415 - the other commands start without it

    if name not in SERVICES:
        message = f"there is no service {name}; they are {', '.join(SERVICES)}"
        raise Failure(message)


def open_door(gateway: str | None, token: str | None) -> Door:
    """Open the way in: to this installation as its operator, or to another with a token of its own."""
    from guanxi_local.door import Door  # noqa: PLC0415 - the other commands start without it
    from guanxi_local.failures import Failure  # noqa: PLC0415
    from guanxi_local.platform import Platform  # noqa: PLC0415
    from guanxi_local.processes import read_processes  # noqa: PLC0415
    from guanxi_local.state import open_state  # noqa: PLC0415
    from guanxi_local.tokens import mint  # noqa: PLC0415

    if gateway and not token:
        message = "another platform's gateway needs a token of its own: --token, or GUANXI_TOKEN"
        raise Failure(message)
    state, _ = open_state()
    address = gateway or Platform(state, read_processes()).gateway
    return Door(address, token or mint(state, scopes=_SCOPES, subject="operator"))
