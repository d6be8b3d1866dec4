"""Playing the demo: the platform up, the firm on it, the background sent, the story told, the addresses shown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from guanxi.auth.development import DevelopmentIssuer
from guanxi_local import control, inspection, tokens
from guanxi_local.demo import cast
from guanxi_local.demo.background import history
from guanxi_local.demo.door import Caller, send_batches, until
from guanxi_local.demo.stage import FAST_SECONDS, PROMISE_SECONDS, Stage
from guanxi_local.demo.story import STEPS
from guanxi_local.failures import Failure
from guanxi_local.ops.asking import service_names
from guanxi_local.ops.counting import Count, add_up
from guanxi_local.platform import Platform
from guanxi_local.processes import read_processes
from guanxi_local.scopes import ALL_SCOPES, HEAD_OFFICE
from guanxi_local.state import open_state
from guanxi_local.views import StartView, addresses_table

_OUT = Console(highlight=False)


def play(*, fast: bool = False) -> None:
    """Bring the platform up where it is not, then play; raises `Failure` where a step does not come about."""
    state, note = open_state()
    if note:
        _OUT.print(note, soft_wrap=True)
    if not control.is_up(state):
        with StartView(_OUT).open() as view:
            control.bring_up(state, view.show)
    platform = Platform(state, read_processes())
    mint = partial(tokens.mint, state)
    house = House(platform.gateway, platform.kafka.bootstrap, mint, mail=state.root / "mail")
    asyncio.run(perform(house, fast=fast))
    _last_screen(platform)


def play_at(gateway: str, kafka: str, issuer_key: Path, *, fast: bool = False) -> None:
    """Play at a platform that somebody else runs, in containers for instance, with a key of its development issuer."""
    try:
        issuer = DevelopmentIssuer.load(issuer_key)
    except ValueError as error:
        message = f"{issuer_key} holds no signing key"
        raise Failure(message) from error

    def mint(subject: str = "admin", unit: str = HEAD_OFFICE) -> str:
        return issuer.token(subject=subject, unit=unit, scopes=ALL_SCOPES)

    asyncio.run(perform(House(gateway, kafka, mint), fast=fast))


@dataclass(frozen=True, slots=True)
class House:
    """One running platform, as the story needs it: its addresses and its issuer."""

    gateway: str
    kafka: str
    mint: Callable[..., str]
    topic_prefix: str = ""
    mail: Path | None = None
    """The folder with its mail, where that is on this machine."""


async def perform(house: House, *, fast: bool = False) -> Stage:
    """The whole performance at one platform, `fast` without the wait; gives the stage as the last step has left it."""
    started = time.monotonic()
    async with httpx.AsyncClient(base_url=house.gateway, timeout=30) as client:
        stage = _stage(client, house)
        stage.promise_seconds = FAST_SECONDS if fast else PROMISE_SECONDS
        stage.staff = await cast.hire(stage.admin)
        people = ", ".join(person.name for person in cast.PEOPLE)
        _OUT.print(f"[bold]The firm[/]: {len(cast.UNITS)} units, {people}, {len(cast.SOURCES)} publishers.")
        await _send_background(stage.admin)
        for number, (title, step) in enumerate(STEPS, 1):
            minutes, seconds = divmod(int(time.monotonic() - started), 60)
            _OUT.print(f"\n[bold cyan]{number}. {title}[/] ({minutes}:{seconds:02})  {step.__doc__}", soft_wrap=True)
            with _OUT.status("…"):
                told = await step(stage)
            for line in told:
                _OUT.print(f"   {line}", soft_wrap=True)
        await _totals(stage)
    return stage


def _stage(client: httpx.AsyncClient, house: House) -> Stage:
    who = {p.subject: p.unit for p in cast.PEOPLE} | cast.SYSTEMS
    people = {subject: Caller(client, house.mint(subject=subject, unit=unit)) for subject, unit in who.items()}
    admin, stranger = Caller(client, house.mint()), Caller(client, "")
    return Stage(admin, people, stranger, house.kafka, house.topic_prefix, datetime.now(UTC), mail=house.mail)


async def _send_background(admin: Caller) -> None:
    events = list(history(datetime.now(UTC)))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_OUT) as progress:
        task = progress.add_task("60 customers, two years of history", total=len(events))
        counts = await send_batches(admin, events, lambda n: progress.advance(task, n))
    _OUT.print("   " + ", ".join(f"{n} {word}" for word, n in sorted(counts.items())))


async def _totals(stage: Stage) -> None:
    """The stopwatch line, from the ledgers of all five services; raises `Failure` while it does not come out even."""
    since = stage.started.isoformat().replace("+00:00", "Z")

    async def even() -> Count | None:
        found = add_up([await stage.admin.get(f"/v1/ops/{name}/ledger", since=since) for name in service_names()])
        return None if found.lost or found.twice else found

    counted = await until("every event to be taken in once by each of its readers", even)
    _OUT.print(f"\n[bold]{counted}[/] ({counted.intakes} consumers' lists compared with the five logs)")


def _last_screen(platform: Platform) -> None:
    gateway = platform.gateway
    _OUT.print(addresses_table(inspection.addresses(platform)))
    _OUT.print("The platform stays up. Look around:", style="bold")
    for line in (
        "export TOKEN=$(.venv/bin/guanxi token)",
        f'curl -H "Authorization: Bearer $TOKEN" "{gateway}/v1/customers?limit=5"',
        f'curl -H "Authorization: Bearer $TOKEN" "{gateway}/v1/rankings?kind=value.existing&limit=5"',
        ".venv/bin/guanxi source add my-dealer --unit my-unit   # then publish your own event, see README.md",
        ".venv/bin/guanxi status        .venv/bin/guanxi down",
    ):
        _OUT.print(f"  {line}", soft_wrap=True, markup=False)
