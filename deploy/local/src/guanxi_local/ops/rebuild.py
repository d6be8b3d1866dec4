"""The command `guanxi rebuild`: a read model written anew from the owners' logs, while everything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from guanxi_local.failures import Failure
from guanxi_local.ops.asking import Gateway, Token, check_service, open_door
from guanxi_local.ops.following import follow

if TYPE_CHECKING:
    from guanxi_local.door import Door

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
    found = _open_one(door, service, consumer)
    if found is None:
        message = f"no rebuild of {consumer} is open"
        raise Failure(message)
    door.post(f"/v1/ops/{service}/rebuilds/{found['id']}/cancel", {})
    typer.echo("Cancelled; nothing was changed.")


def _follow(door: Door, service: str, begun: Any) -> Any:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns) as progress:
        bar = progress.add_task(begun["consumer"], total=None)

        def show(words: str, applied: int, total: int | None) -> None:
            progress.update(bar, description=f"{begun['consumer']}: {words}", completed=applied, total=total)

        return follow(door, service, begun, show)


def _report(service: str, ended: Any) -> None:
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
