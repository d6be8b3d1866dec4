"""The command `guanxi import`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from guanxi_local.imports.reconcile import Account

MAPPINGS = Path(__file__).parent / "mappings"
_PUBLISH = ("reports:publish",)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_file)


def import_file(  # noqa: PLR0913 - one for each option
    file: Annotated[Path, typer.Argument(help="CSV, CSV.gz, Parquet or JSON Lines.", exists=True, dir_okay=False)],
    source: Annotated[str, typer.Option(help="The publisher whose events these are.")],
    mapping: Annotated[str, typer.Option(help="A mapping.toml, or the name of one that comes with guanxi.")],
    rate: Annotated[float | None, typer.Option(help="At most so many events a second.", min=0.001)] = None,
    rejected: Annotated[
        Path | None, typer.Option(help="Write a line for each refused event and unreadable row there.")
    ] = None,
    gateway: Annotated[str | None, typer.Option(help="Address of the platform; this installation's without.")] = None,
    token: Annotated[
        str | None, typer.Option(envvar="GUANXI_TOKEN", help="The publisher's token; made here when there is none.")
    ] = None,
) -> None:
    """Send a file's rows as events through the public door; run again, it goes on where it stopped."""
    from rich.console import Console  # noqa: PLC0415 - the other commands start without all this

    from guanxi_local.door import client  # noqa: PLC0415
    from guanxi_local.imports.effects import Onlooker  # noqa: PLC0415
    from guanxi_local.imports.mapping import load  # noqa: PLC0415
    from guanxi_local.imports.progress import shown  # noqa: PLC0415
    from guanxi_local.imports.run import run_import  # noqa: PLC0415

    rules = load(_mapping_path(mapping))
    address, bearer, overseer = _way_in(gateway, token, source)
    console = Console(highlight=False)
    with (
        client(address, bearer) as publisher,
        client(address, overseer or "") as eyes,
        shown(console, file.name) as show,
    ):
        onlooker = Onlooker(eyes, source, datetime.now(UTC)) if overseer else None
        account = run_import(publisher, file, rules, source, rate=rate, rejected=rejected, onlooker=onlooker, show=show)
    console.print(account.table())
    _close(account)


def _close(account: Account) -> None:
    from guanxi_local.failures import Failure  # noqa: PLC0415 - as above

    mistakes = account.mistakes()
    if mistakes:
        message = f"the figures do not add up: {'; '.join(mistakes)}"
        raise Failure(message)
    typer.echo("Everything adds up.")
    if account.rows.cut_off:
        raise Failure(account.rows.cut_off)


def _mapping_path(name: str) -> Path:
    from guanxi_local.failures import Failure  # noqa: PLC0415 - as above

    given, ours = Path(name), MAPPINGS / f"{name}.toml"
    if given.is_file() or ours.is_file():
        return given if given.is_file() else ours
    known = ", ".join(sorted(path.stem for path in MAPPINGS.glob("*.toml")))
    message = f"there is no mapping {name}; give a file or one of {known}"
    raise Failure(message)


def _way_in(gateway: str | None, token: str | None, source: str) -> tuple[str, str, str | None]:
    """The address, the publisher's token, and an operator's where this installation's issuer may sign one."""
    if gateway and token:
        return gateway, token, None
    from guanxi_local import sources  # noqa: PLC0415 - as above
    from guanxi_local.platform import Platform  # noqa: PLC0415
    from guanxi_local.processes import read_processes  # noqa: PLC0415
    from guanxi_local.state import open_state  # noqa: PLC0415
    from guanxi_local.tokens import mint  # noqa: PLC0415

    state, _ = open_state()
    address = gateway or Platform(state, read_processes()).gateway
    overseer = mint(state, scopes=("ops:read",), subject="import")
    if token:
        return address, token, overseer
    unit = sources.find(address, mint(state), source).unit_id
    return address, mint(state, unit=unit, scopes=_PUBLISH, subject=f"import-{source}", source=source), overseer
