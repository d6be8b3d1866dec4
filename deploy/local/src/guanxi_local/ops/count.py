"""The command `guanxi count`: the ledgers of all services, added up."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from guanxi_local.ops.asking import Gateway, Token, open_door, service_names
from guanxi_local.ops.counting import Count, add_up

if TYPE_CHECKING:
    from guanxi_local.door import Door

_PAUSE_S = 1.0


def count(
    *,
    hours: Annotated[
        float, typer.Option(min=0.01, max=24 * 30, help="How far back; an inbox is kept for a month.")
    ] = 1,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to give to what is on its way.")] = 10,
    gateway: Gateway = None,
    token: Token = None,
) -> None:
    """Count the events of all services' logs, and whether each was taken in once by whoever reads it; 1 if not."""
    since = (datetime.now(UTC) - timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
    until = time.monotonic() + wait
    with open_door(gateway, token) as door:
        found = _count(door, since)
        while found.lost and time.monotonic() < until:
            time.sleep(_PAUSE_S)
            found = _count(door, since)
    typer.echo(f"{found} (since {since[:19]}Z; {found.intakes} consumers' lists compared, event by event)")
    if found.lost or found.twice:
        typer.echo("Next: guanxi lag shows what is on its way, guanxi deadletters list what could not be applied.")
        raise typer.Exit(1)


def _count(door: Door, since: str) -> Count:
    return add_up([door.get(f"/v1/ops/{name}/ledger", since=since) for name in service_names()])
