"""The command line of the local runner: `guanxi up`, and what one does next."""

from __future__ import annotations

import importlib
import importlib.util
import json
import time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from typer.core import TyperGroup

from guanxi_local import control, inspection, logs, sources
from guanxi_local.failures import EXIT_CODE, Failure, of_os
from guanxi_local.platform import Platform
from guanxi_local.processes import read_processes
from guanxi_local.scopes import ALL_SCOPES, HEAD_OFFICE
from guanxi_local.state import State, open_state, reset
from guanxi_local.views import StartView, addresses_table, processes_table

_OUT = Console(highlight=False)
_ERR = Console(stderr=True, highlight=False)


class _Group(TyperGroup):
    """Turns what a person can act on into one line and exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # `guanxi logs | head`: whoever read has seen enough
            raise
        except (Failure, OSError) as error:
            failure = error if isinstance(error, Failure) else of_os(error, "it cannot be done")
            _ERR.print(f"[red]guanxi:[/] {escape(str(failure))}", soft_wrap=True)
            raise typer.Exit(EXIT_CODE) from None


app = typer.Typer(cls=_Group, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
source_app = typer.Typer(cls=_Group, no_args_is_help=True, help="Publishers: who sends reports, for which unit.")
app.add_typer(source_app, name="source")


@app.command()
def up(
    *,
    foreground: Annotated[bool, typer.Option(help="Stay; Ctrl-C stops everything.")] = False,
    port: Annotated[int | None, typer.Option(help="The gateway's port.", min=1, max=65535)] = None,
) -> None:
    """Start PostgreSQL, Kafka, the five services and the gateway; returns when all are ready."""
    state = _open()
    if control.is_up(state):
        control.refuse_other_port(state, port)
        _OUT.print("Already up.")
    else:
        with StartView(_OUT).open() as view:
            control.bring_up(state, view.show, port=port)
    addresses = addresses_table(inspection.addresses(_platform(state)))
    if foreground:
        _stay(state, addresses)
    else:
        _OUT.print(addresses)


@app.command()
def down() -> None:
    """Stop everything; data stay."""
    ran = control.bring_down(_open())
    _OUT.print("Stopped." if ran else "Nothing was running.")


@app.command()
def status(*, as_json: Annotated[bool, typer.Option("--json", help="Addresses only, for programs.")] = False) -> None:
    """Show what runs, where, and whether it is ready."""
    state = _open()
    platform = _platform(state)
    if as_json:
        if not control.is_up(state):
            message = "the platform is not up; start it with guanxi up"
            raise Failure(message)
        typer.echo(json.dumps(inspection.addresses(platform).as_json()))
        return
    lines = inspection.survey(platform)
    _OUT.print(processes_table(lines))
    if any(line.state != "ready" for line in lines):
        raise typer.Exit(1)


@app.command("logs")
def show_logs(
    name: Annotated[str | None, typer.Argument(help="A process, as guanxi status names it; all without.")] = None,
    *,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as lines are written.")] = False,
) -> None:
    """Show the last lines of the logs."""
    paths = logs.choose(_open(), name)
    for stem, line in logs.last_lines(paths):
        typer.echo(line if name else f"{stem}: {line}")
    if follow:
        for stem, line in logs.follow(paths):
            typer.echo(line if name else f"{stem}: {line}")


@app.command("reset")
def start_over(*, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Stop everything and delete all data, logs and passwords of this installation."""
    state = _open()
    if not yes and not typer.confirm(f"Delete everything in {state.root}?"):
        raise typer.Exit(1)
    control.bring_down(state)
    reset(state)
    _OUT.print("Gone.")


@app.command()
def token(
    unit: Annotated[str, typer.Option(help="Code of the unit.")] = HEAD_OFFICE,
    scope: Annotated[list[str] | None, typer.Option(help="A scope; repeat for more, all without.")] = None,
    subject: Annotated[str, typer.Option(help="Who it is.")] = "admin",
    source: Annotated[str | None, typer.Option(help="Name of the publisher it belongs to.")] = None,
    hours: Annotated[float, typer.Option(help="How long it is good.")] = 8,
) -> None:
    """Print a token of the development issuer; without options a head-office administrator's for eight hours."""
    scopes = [word for item in scope for word in item.split()] if scope else ALL_SCOPES
    typer.echo(_mint(_open(), unit=unit, scopes=scopes, subject=subject, source=source, hours=hours))


@source_app.command("add")
def add_source(name: str, unit: Annotated[str, typer.Option(help="Code of the unit it reports for.")]) -> None:
    """Register a publisher: its topic is made and reports on it are taken from then on."""
    state = _open()
    gateway, bearer = _platform(state).gateway, _mint(state)
    known = sources.unit_exists(gateway, bearer, unit)
    source = sources.add(gateway, bearer, name, unit)
    if not known:
        _OUT.print(f"Unit {unit} was not known; it was made as an external unit.")
    _OUT.print(f"{source.name} is ready: publish to {source.topic} (unit {source.unit_id}).")


def _open() -> State:
    state, note = open_state()
    if note:
        _ERR.print(note, soft_wrap=True)
    return state


def _mint(state: State, **claims: Any) -> str:
    from guanxi_local.tokens import mint  # noqa: PLC0415 - FastAPI and all, which no other command needs

    return mint(state, **claims)


def _platform(state: State) -> Platform:
    return Platform(state, read_processes())


def _stay(state: State, addresses: Table) -> None:
    try:
        _OUT.print(addresses)
        _OUT.print("Ctrl-C stops everything.")
        while control.is_up(state):
            time.sleep(0.5)
    except KeyboardInterrupt:
        _OUT.print("Stopping.")
    finally:
        control.bring_down(state)


# Commands with a folder of their own; each has a module `command` with `register(app)`.
for _name in ("imports", "demo", "ops", "match"):
    if importlib.util.find_spec(f"guanxi_local.{_name}"):
        importlib.import_module(f"guanxi_local.{_name}.command").register(app)
