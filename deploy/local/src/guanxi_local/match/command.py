"""The commands `guanxi match list`, `show`, `decide` and `train`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guanxi_local.ops.asking import Gateway, Token, open_door

if TYPE_CHECKING:
    from rich.table import Table

_SCOPES = ("customers:read", "customers:write", "admin")
_WIDTH = 24

Pair = Annotated[str, typer.Argument(help="The pair's id, as `guanxi match list` shows it.")]


class Status(StrEnum):
    """What can be asked for."""

    OPEN = "open"
    MERGED = "merged"
    NEVER_SAME = "never_same"
    EXPIRED = "expired"


class Answer(StrEnum):
    """What can be said of a pair."""

    SAME = "same"
    NEVER_SAME = "never_same"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    match = typer.Typer(no_args_is_help=True, help="Possible duplicates: see, decide, learn from your own records.")
    match.command("list")(list_pairs)
    match.command("show")(show_pair)
    match.command("decide")(decide)
    match.command("train")(train)
    app.add_typer(match, name="match", cls=app.info.cls)


def list_pairs(*, status: Status = Status.OPEN, gateway: Gateway = None, token: Token = None) -> None:
    """List pairs that may be one customer, the surest 50 first."""
    with open_door(gateway, token, _SCOPES) as door:
        found = door.get("/v1/match-candidates", status=str(status))["items"]
    if not found:
        typer.echo(f"There is no pair that is {status}.")
        return
    table = _table("pair", "one", "the other", "bits", "probability", "held by")
    for one in found:
        both = _names(one)
        numbers = (f"{one['weight']:.1f}", f"{one['probability']:.3f}")
        table.add_row(one["id"], *both, *numbers, ", ".join(one["held_by"]))
    _print(table)
    typer.echo("Next: guanxi match show ID, then guanxi match decide ID same|never_same")


def show_pair(pair: Pair, *, gateway: Gateway = None, token: Token = None) -> None:
    """Show why two records may be one customer, as a waterfall of bits."""
    with open_door(gateway, token, _SCOPES) as door:
        found = door.get(f"/v1/match-candidates/{pair}")
    typer.echo(f"{'  |  '.join(_names(found))}  ({found['status']}, {found['band']})")
    _print(waterfall(found["waterfall"]))
    for reason in found["held_by"]:
        typer.echo(f"Left to a person: {reason}")


def decide(
    pair: Pair,
    answer: Answer,
    *,
    reason: Annotated[str, typer.Option(help="Why, as a code.")] = "looked-at",
    gateway: Gateway = None,
    token: Token = None,
) -> None:
    """Merge the two records of a pair, or keep them apart for ever."""
    with open_door(gateway, token, _SCOPES) as door:
        done = door.post(f"/v1/match-candidates/{pair}/decision", {"decision": str(answer), "reason": reason})
    typer.echo(f"The pair is {done['status']}.")


def train(
    *,
    publish: Annotated[bool, typer.Option(help="Put what was learned in force.")] = False,
    gateway: Gateway = None,
    token: Token = None,
) -> None:
    """Learn weights from this site's own records; says what they would change before anything does."""
    with open_door(gateway, token, _SCOPES) as door:
        typer.echo("Learning ...", err=True)
        found = door.get("/v1/match-policy/proposal")
        policy = door.get("/v1/match-policy")
        typer.echo(
            f"{found['records']:,} records, {found['pairs']:,} pairs that share something, "
            f"{found['matches']:,.0f} of them expected to be one customer."
        )
        _print(_levels(policy["weights"], found["weights"]))
        _print(_bands(found["bands_now"], found["bands"]))
        if not publish:
            typer.echo("Next: guanxi match train --publish puts these weights in force; the thresholds stay.")
            return
        body = {name: policy[name] for name in ("automatic", "auto_from", "review_from")}
        body |= {"weights": found["weights"], "reason": "trained-on-own-records"}
        made = door.put("/v1/match-policy", body, found["number"])
    typer.echo(f"Policy {made['number']} is in force; every record is looked at anew in the background.")


def waterfall(steps: list[dict[str, Any]]) -> Table:
    """Bars from sum to sum: what each comparison adds or takes away, in bits."""
    sums = [0.0, *(step["total"] for step in steps)]
    low, high = min(sums), max(sums)
    scale = _WIDTH / max(high - low, 1.0)
    table = _table("compared", "level", "bits", "sum", "")
    for step, before in zip(steps, sums, strict=False):
        begin, end = sorted((before, step["total"]))
        bar = " " * round((begin - low) * scale) + ("█" if step["bits"] >= 0 else "░") * max(
            1, round((end - begin) * scale)
        )
        table.add_row(step["comparison"], step["level"], f"{step['bits']:+.1f}", f"{step['total']:.1f}", bar)
    return table


def _levels(now: dict[str, Any], learned: dict[str, Any]) -> Table:
    from math import log2  # noqa: PLC0415 - the other commands start without it

    table = _table("compared", "level", "bits now", "bits learned")
    table.add_row("prior", "", f"{now['prior']:+.1f}", f"{learned['prior']:+.1f}")
    for name, levels in learned["odds"].items():
        for level, odds in levels.items():
            before = now["odds"][name][level]
            bits = (log2(one["m"] / one["u"]) for one in (before, odds))
            table.add_row(name, level, *(f"{value:+.1f}" for value in bits))
    return table


def _bands(now: dict[str, int], learned: dict[str, int]) -> Table:
    table = _table("of these pairs", "now", "with the learned weights")
    words = {"auto": "merged by themselves", "review": "shown to a person", "none": "left apart"}
    for band, text in words.items():
        table.add_row(text, f"{now[band]:,}", f"{learned[band]:,}")
    return table


def _names(pair: dict[str, Any]) -> tuple[str, str]:
    return str(pair["left_name"] or pair["left_id"]), str(pair["right_name"] or pair["right_id"])


def _table(*columns: str) -> Table:
    from rich.table import Table  # noqa: PLC0415 - the other commands start without it

    table = Table(*columns)
    for column in table.columns[2:]:
        column.no_wrap = True
    return table


def _print(table: Table) -> None:
    from rich.console import Console  # noqa: PLC0415 - as above

    Console(highlight=False).print(table)
