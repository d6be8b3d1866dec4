"""The command `guanxi demo`."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo() -> None:
    """Play the first hour of a firm through the public doors, and leave the platform up."""
    from guanxi_local.demo.play import play  # noqa: PLC0415 - the other commands start without what the story needs

    play()
