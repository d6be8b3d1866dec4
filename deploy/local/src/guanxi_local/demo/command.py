"""The command `guanxi demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guanxi_local.failures import Failure


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    *,
    fast: Annotated[bool, typer.Option(help="Do not wait for a promise to break on screen.")] = False,
    gateway: Annotated[str | None, typer.Option(help="Play at this address instead of here.")] = None,
    kafka: Annotated[str | None, typer.Option(help="Its broker, as host:port.")] = None,
    issuer_key: Annotated[Path | None, typer.Option(help="The key of its development issuer.")] = None,
) -> None:
    """Play the first hour of a firm through the public doors, and leave the platform up."""
    from guanxi_local.demo.play import play, play_at  # noqa: PLC0415 - the other commands start without it

    if gateway is None and kafka is None and issuer_key is None:
        play(fast=fast)
    elif gateway and kafka and issuer_key:
        play_at(gateway, kafka, issuer_key, fast=fast)
    else:
        message = "--gateway, --kafka and --issuer-key go together"
        raise Failure(message)
