"""The command `guanxi rebuild`: a read model written anew from the owners' logs, while everything runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guanxi_local.ops.asking import Gateway, Token, check_service, open_door

if TYPE_CHECKING:
    from guanxi_local.door import Door

_LOOK_S = 0.3

Service = Annotated[str, typer.Argument(help="The service that keeps it.")]
Consumer = Annotated[str, typer.Argument(help="The consumer that fills it, as `guanxi lag` shows it: directory, ...")]


def rebuild(  # noqa: PLR0913 - one argument for each option
    service: Service,
    consumer: Consumer,
    *,
    check: Annotated[bool, typer.Option(help="Only look how many rows are not as the logs say.")] = False,
    cancel: Annotated[bool, typer.Option(help="End the one that is open; the read model stays as it is.")] = False,
    gateway: Gateway = None,
    token: Token = None,
) -> None:
    """Write a read model anew from the owners' logs; readers see the old rows until the new ones are complete."""
    check_service(service)
    consumer = consumer.partition(".")[0]
    with open_door(gateway, token) as door:
        if cancel:
            _cancel(door, service, consumer)
            return
        begun = _open_one(door, service, consumer) or door.post(
            f"/v1/ops/{service}/rebuilds", {"consumer": consumer, "check_only": check}
        )
        try:
            ended = _follow(door, service, begun)
        except KeyboardInterrupt:
            typer.echo(f"\nIt goes on. The same command looks again; --cancel ends it: {_command(service, consumer)}")
            raise typer.Exit(130) from None
    _report(service, ended)


def _command(service: str, consumer: str) -> str:
    return f"guanxi rebuild {service} {consumer}"


def _open_one(door: Door, service: str, consumer: str) -> Any:
    found = door.get(f"/v1/ops/{service}/rebuilds")
    return next((one for one in found if one["consumer"] == consumer and one["ended_at"] is None), None)


def _cancel(door: Door, service: str, consumer: str) -> None:
    from guanxi_local.failures import Failure  # noqa: PLC0415 - the other commands start without it

    found = _open_one(door, service, consumer)
    if found is None:
        message = f"no rebuild of {consumer} is open"
        raise Failure(message)
    door.post(f"/v1/ops/{service}/rebuilds/{found['id']}/cancel", {})
    typer.echo("Cancelled; nothing was changed.")


def _follow(door: Door, service: str, begun: Any) -> Any:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    path = f"/v1/ops/{service}/rebuilds/{begun['id']}"
    sendings: dict[str, str] = {}
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns) as progress:
        bar = progress.add_task(f"{begun['consumer']}: waits for the worker", total=None)
        while True:
            seen = door.get(path)
            if seen["ended_at"] is not None:
                end = {"completed": seen["applied"], "total": seen["applied"]}
                progress.update(bar, description=f"{begun['consumer']}: {seen['status']}", **end)
                return seen
            if seen["status"] == "filling":
                for owner, types in seen["sources"].items():
                    if owner not in sendings:
                        asked = door.post(f"/v1/ops/{owner}/replays", {"topic": seen["topic"], "types": types})
                        sendings[owner] = asked["id"]
                logs = [door.get(f"/v1/ops/{owner}/replays/{id_}") for owner, id_ in sendings.items()]
                known = [log["total"] for log in logs if log["total"] is not None]
                progress.update(
                    bar,
                    description=f"{begun['consumer']}: {_at(seen, logs)}",
                    completed=seen["applied"],
                    total=sum(known) if len(known) == len(logs) else None,
                )
            time.sleep(_LOOK_S)


def _at(seen: Any, logs: list[Any]) -> str:
    if len(seen["heard"]) == len(logs):
        return "catches up with what runs"
    return "reads the owners' logs"


def _report(service: str, ended: Any) -> None:
    from guanxi_local.failures import Failure  # noqa: PLC0415 - as above

    consumer = ended["consumer"]
    if ended["status"] != "done":
        message = f"the rebuild of {consumer} was {ended['status']}: {ended['reason'] or 'somebody ended it'}"
        raise Failure(message)
    differ = f"{ended['added']:,} missing, {ended['changed']:,} wrong, {ended['removed']:,} too many"
    typer.echo(f"{service}: {consumer} from {ended['applied']:,} events; rows that were not as the logs say: {differ}.")
    if ended["skipped"]:
        typer.echo(f"{ended['skipped']:,} events could not be applied: guanxi deadletters list")
    if ended["check_only"]:
        typer.echo(f"Nothing was changed. To put them right: {_command(service, consumer)}")
    else:
        typer.echo(f"They were put right; the consumer waited {ended['held_ms']} ms for it.")
