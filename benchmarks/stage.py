"""The platform under test: one of its own in a temporary folder, its databases, and quiet when a case wants it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from guanxi_local.door import Door
from guanxi_local.postgres import Postgres
from guanxi_local.state import reset
from guanxi_local.testplatform import TestPlatform

SERVICES = ("customer-profile", "interactions", "complaints", "scoring", "notifications")
_STATE = "state"
_LOOKS = 3


class LateError(Exception):
    """Something did not come about in time."""


class Stage:
    """A running platform and the few things that cases do with it."""

    def __init__(self, platform: TestPlatform) -> None:
        self.platform = platform
        self._down: list[str] = []

    @property
    def postgres(self) -> int:
        """The database server's process id."""
        return self.platform.pid("postgres")

    @property
    def server(self) -> Postgres:
        """The database server."""
        ports = self.platform.state.ports.settle(["postgres"], keep=["postgres"])
        return Postgres(self.platform.state, ports["postgres"])

    def sql(self, service: str, statement: str, *args: Any) -> list[tuple[Any, ...]]:
        """Rows of a statement in a service's database, as the superuser of that database's owner."""
        return rows(self.platform.postgres_url(service), statement, *args)

    def count(self, service: str, statement: str, *args: Any) -> int:
        """The one number of a statement."""
        return int(self.sql(service, statement, *args)[0][0])

    def quieten(self) -> None:
        """Take all services down: only what is measured runs."""
        for name in SERVICES:
            if name not in self._down:
                self.platform.take_down(name)
                self._down.append(name)

    def bring_back(self) -> None:
        """Start again what was taken down, one after the other, and wait until all are ready."""
        while self._down:
            self.platform.bring_back(self._down.pop())

    @contextmanager
    def api(self, name: str) -> Iterator[int]:
        """One process of a service that only serves, at the service's own port, after `quieten`; gives its pid."""
        member = self.platform.start_apart(name, "api", in_place=True)
        child = self.platform.state.records.recall(member)
        try:
            yield child.pid if child else 0
        finally:
            self.platform.end_apart(member)

    def wait(self, what: str, done: Callable[[], bool], seconds: float = 180, pause: float = 0.2) -> None:
        """Look until it is so; raises `LateError`."""
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                message = f"after {seconds:.0f} s still waiting until {what}"
                raise LateError(message)
            time.sleep(pause)

    def drained(self, services: Sequence[str] = SERVICES) -> int:
        """How many events still wait for the broker."""
        return sum(self.count(name, "SELECT count(*) FROM outbox") for name in services)

    def come_to_rest(self, seconds: float = 900) -> None:
        """Wait until no service has anything before it, in looks that span longer than a service's own look does."""
        quiet = 0

        def rests() -> bool:
            nonlocal quiet
            quiet = 0 if self._behind() else quiet + 1
            return quiet > _LOOKS

        self.wait("all services have taken in what there is", rests, seconds, 1)

    def _behind(self) -> bool:
        """Whether events wait for the broker, records for a consumer (or nobody knows yet), customers for scoring."""
        token = self.platform.token(scopes=["ops:read"], subject="bench-operator")
        with Door(self.platform.gateway, token) as door:
            owed = [place["behind"] for name in SERVICES for place in door.get(f"/v1/ops/{name}/lag")]
        return any(one != 0 for one in owed) or self.drained() + self.count("scoring", "SELECT count(*) FROM dirty") > 0


def rows(url: str, statement: str, *args: Any, seconds: float = 60) -> list[tuple[Any, ...]]:
    """Rows of one statement, on a connection of its own."""

    async def ask() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(url, timeout=10, command_timeout=seconds)
        try:
            return [tuple(row) for row in await connection.fetch(statement, *args)]
        finally:
            await connection.close()

    return asyncio.run(ask())


@contextmanager
def set_up(kept: Path | None = None) -> Iterator[Stage]:
    """Start a platform, give it, and leave nothing of it behind; one in a folder that is `kept` is only stopped."""
    folder = kept or Path(tempfile.mkdtemp(prefix="guanxi-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    # Passable for the database server's account.
    folder.chmod(0o711)
    platform = TestPlatform(folder / _STATE)
    try:
        platform.start()
        yield Stage(platform)
    finally:
        platform.stop()
        if kept is None:
            reset(platform.state)
            shutil.rmtree(folder, ignore_errors=True)
