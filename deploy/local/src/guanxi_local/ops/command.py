"""The commands `guanxi lag`, `count`, `deadletters` and `rebuild`: the operators' routes, for people at a terminal."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guanxi_local.failures import Failure
from guanxi_local.ops.asking import Gateway, Token, check_service, open_door, service_names
from guanxi_local.ops.count import count
from guanxi_local.ops.rebuild import rebuild

if TYPE_CHECKING:
    from rich.table import Table

    from guanxi_local.door import Door

Service = Annotated[str, typer.Argument(help="The service whose consumer could not apply it.")]
Letter = Annotated[str, typer.Argument(help="Its id, as `guanxi deadletters list` shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("lag")(lag)
    app.command("count")(count)
    app.command("rebuild")(rebuild)
    letters = typer.Typer(no_args_is_help=True, help="Events that could not be applied: see, mend, replay, discard.")
    letters.command("list")(list_letters)
    letters.command("show")(show_letter)
    letters.command("replay")(replay_letter)
    letters.command("discard")(discard_letter)
    # The same class: what a person can act on is one line and exit code 2 here too.
    app.add_typer(letters, name="deadletters", cls=app.info.cls)


def lag(*, gateway: Gateway = None, token: Token = None) -> None:
    """Show what waits in each outbox, and how far each consumer is behind."""
    with open_door(gateway, token) as door:
        _print(_lag_table(door))


def list_letters(
    *,
    status: Annotated[str, typer.Option(help="open, replayed or discarded.")] = "open",
    gateway: Gateway = None,
    token: Token = None,
) -> None:
    """List dead letters, newest first; exit code 1 while any is open."""
    with open_door(gateway, token) as door:
        found = {name: door.get(f"/v1/ops/{name}/dead-letters", status=status) for name in service_names()}
    _print(_letters_table(found))
    if status == "open" and any(found.values()):
        typer.echo("Next: guanxi deadletters show SERVICE ID, then replay or discard.")
        raise typer.Exit(1)


def show_letter(service: Service, letter: Letter, *, gateway: Gateway = None, token: Token = None) -> None:
    """Show one dead letter with its event, as JSON; save the event, mend it, replay it with --event."""
    with open_door(gateway, token) as door:
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
    with open_door(gateway, token) as door:
        door.post(f"{_path(service, letter)}/replay", body)
    typer.echo("Replayed.")


def discard_letter(service: Service, letter: Letter, *, gateway: Gateway = None, token: Token = None) -> None:
    """Close a dead letter without applying it; its bytes are kept."""
    with open_door(gateway, token) as door:
        door.post(f"{_path(service, letter)}/discard", {})
    typer.echo("Discarded.")


def _path(service: str, letter: str) -> str:
    from guanxi_local.door import segment  # noqa: PLC0415 - the other commands start without it

    check_service(service)
    return f"/v1/ops/{service}/dead-letters/{segment(letter)}"


def _mended(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        message = f"{path} is not JSON: {error}"
        raise Failure(message) from error


def _lag_table(door: Door) -> Table:
    from rich.table import Table  # noqa: PLC0415 - as above

    table = Table("service", "consumer", "partitions", "records behind", "in the outbox", "oldest, s")
    for name in service_names():
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
