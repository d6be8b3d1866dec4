"""The commands `guanxi lag` and `guanxi deadletters`: the operators' routes, for people at a terminal."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from guanxi_local.door import Door

_SERVICES = ("customer-profile", "interactions", "complaints", "scoring", "notifications")
_SCOPES = ("ops:read", "ops:write", "pii:read")

Gateway = Annotated[str | None, typer.Option(help="Address of the platform; this installation's without.")]
Token = Annotated[str | None, typer.Option(envvar="GUANXI_TOKEN", help="An operator's token; made here without.")]
Service = Annotated[str, typer.Argument(help="The service whose consumer could not apply it.")]
Letter = Annotated[str, typer.Argument(help="Its id, as `guanxi deadletters list` shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("lag")(lag)
    letters = typer.Typer(no_args_is_help=True, help="Events that could not be applied: see, mend, replay, discard.")
    letters.command("list")(list_letters)
    letters.command("show")(show_letter)
    letters.command("replay")(replay_letter)
    letters.command("discard")(discard_letter)
    # The same class: what a person can act on is one line and exit code 2 here too.
    app.add_typer(letters, name="deadletters", cls=app.info.cls)


def lag(*, gateway: Gateway = None, token: Token = None) -> None:
    """Show what waits in each outbox, and how far each consumer is behind."""
    with _door(gateway, token) as door:
        _print(_lag_table(door))


def list_letters(
    *,
    status: Annotated[str, typer.Option(help="open, replayed or discarded.")] = "open",
    gateway: Gateway = None,
    token: Token = None,
) -> None:
    """List dead letters, newest first; exit code 1 while any is open."""
    with _door(gateway, token) as door:
        found = {name: door.get(f"/v1/ops/{name}/dead-letters", status=status) for name in _SERVICES}
    _print(_letters_table(found))
    if status == "open" and any(found.values()):
        typer.echo("Next: guanxi deadletters show SERVICE ID, then replay or discard.")
        raise typer.Exit(1)


def show_letter(service: Service, letter: Letter, *, gateway: Gateway = None, token: Token = None) -> None:
    """Show one dead letter with its event, as JSON; save the event, mend it, replay it with --event."""
    with _door(gateway, token) as door:
        typer.echo(json.dumps(door.get(_path(service, letter)), indent=2, ensure_ascii=False))


def replay_letter(
    service: Service,
    letter: Letter,
    *,
    event: Annotated[Path | None, typer.Option(help="The mended event, as JSON; the kept one without.")] = None,
    gateway: Gateway = None,
    token: Token = None,
) -> None:
    """Apply a dead letter again; its consumer still lets each event in once."""
    body = {"event": _mended(event)} if event else {}
    with _door(gateway, token) as door:
        door.post(f"{_path(service, letter)}/replay", body)
    typer.echo("Replayed.")


def discard_letter(service: Service, letter: Letter, *, gateway: Gateway = None, token: Token = None) -> None:
    """Close a dead letter without applying it; its bytes are kept."""
    with _door(gateway, token) as door:
        door.post(f"{_path(service, letter)}/discard", {})
    typer.echo("Discarded.")


def _path(service: str, letter: str) -> str:
    from guanxi_local.door import segment  # noqa: PLC0415 - the other commands start without it
    from guanxi_local.failures import Failure  # noqa: PLC0415

    if service not in _SERVICES:
        message = f"there is no service {service}; they are {', '.join(_SERVICES)}"
        raise Failure(message)
    return f"/v1/ops/{service}/dead-letters/{segment(letter)}"


def _mended(path: Path) -> Any:
    from guanxi_local.failures import Failure  # noqa: PLC0415 - as above

    try:
        return json.loads(path.read_text())
    except ValueError as error:
        message = f"{path} is not JSON: {error}"
        raise Failure(message) from error


def _door(gateway: str | None, token: str | None) -> Door:
    from guanxi_local.door import Door  # noqa: PLC0415 - as above
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


def _lag_table(door: Door) -> Table:
    from rich.table import Table  # noqa: PLC0415 - as above

    table = Table("service", "consumer", "partitions", "records behind", "in the outbox", "oldest, s")
    for name in _SERVICES:
        outbox = door.get(f"/v1/ops/{name}/outbox")
        behind: dict[str, list[int | None]] = defaultdict(list)
        for place in door.get(f"/v1/ops/{name}/lag"):
            behind[place["consumer"]].append(place["behind"])
        first = [str(outbox["depth"]), f"{outbox['oldest_age_seconds']:.0f}"]
        for consumer, places in sorted(behind.items()) or [("", [])]:
            known = [one for one in places if one is not None]
            told = str(sum(known)) if len(known) == len(places) else "not known here"
            table.add_row(name, consumer, str(len(places)), told, *first)
            first = ["", ""]
    return table


def _letters_table(found: dict[str, list[dict[str, Any]]]) -> Table:
    from rich.table import Column, Table  # noqa: PLC0415 - as above

    table = Table("service", Column("id", no_wrap=True), "consumer", "type", "reason", "since")
    for name, letters in found.items():
        for one in letters:
            since = str(one["recorded_at"])[:19]
            table.add_row(name, one["id"], one["consumer"], one["type"] or "?", one["reason"][:60], since)
    return table


def _print(table: Table) -> None:
    from rich.console import Console  # noqa: PLC0415 - as above

    # Without a terminal rich takes 80 columns, and cuts what a script came for.
    Console(highlight=False, width=None if sys.stdout.isatty() else 200).print(table)
