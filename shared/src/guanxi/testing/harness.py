"""A service in-process on a real database: its app without a network, its handlers without a broker."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
from fastapi import FastAPI

from guanxi import directory
from guanxi.auth.development import DevelopmentIssuer
from guanxi.bus import offsets
from guanxi.bus.applier import FactApplier
from guanxi.db import Database, open_database
from guanxi.due import DueLoop
from guanxi.events import Event, Fact, fact_types, parse
from guanxi.ports import Clock, SystemClock, SystemIds
from guanxi.service import Runtime, Service, forget
from guanxi.service._app import assemble, furnish
from guanxi.testing.builders import a_unit

F = TypeVar("F", bound=Fact)
ALL_SCOPES = (
    "customers:read customers:write organisation:read organisation:write interactions:read interactions:write "
    "complaints:read complaints:write scores:read scores:write notifications:read notifications:write "
    "reports:publish ops:read ops:write admin pii:read"
)


class MovableClock:
    """A clock that a test may move; it runs on with the machine's."""

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> datetime:
        """The machine's time, moved."""
        return SystemClock().now() + timedelta(seconds=self._offset)

    def move(self, seconds: float) -> None:
        """Move it on (or back)."""
        self._offset += seconds


@dataclass
class Harness:
    """One service under test."""

    service: Service
    app: FastAPI
    database: Database
    issuer: DevelopmentIssuer
    clock: MovableClock
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    def caller(
        self, *, unit: str = "head-office", scope: str = ALL_SCOPES, subject: str = "tester", source: str | None = None
    ) -> httpx.AsyncClient:
        """A client with a token; each POST gets a fresh Idempotency-Key unless it brings one."""
        token = self.issuer.token(subject=subject, unit=unit, scopes=scope.split(), source=source)
        return self._client({"Authorization": f"Bearer {token}"})

    def anonymous(self) -> httpx.AsyncClient:
        """A client without a token."""
        return self._client({})

    def _client(self, headers: Mapping[str, str]) -> httpx.AsyncClient:
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url="http://guanxi.test",
            headers=headers,
            event_hooks={"request": [_with_key]},
        )
        self._clients.append(client)
        return client

    async def apply(self, *events: Event[Any], consumer: str | None = None) -> None:
        """Hand events to the consumers that handle them (or to one), in one transaction each, as a poll would."""
        for one in self.service.topology.consumers:
            mine = [event for event in events if event.type in {fact.TYPE for fact in one.handlers}]
            if mine and consumer in (None, one.name):
                async with self.database.consumers.begin() as tx:
                    await FactApplier(one).apply_events(tx, mine)

    async def know(self, *states: Event[Any]) -> None:
        """Enter customers, units and employees into the directory."""
        async with self.database.consumers.begin() as tx:
            await FactApplier(directory.CONSUMER).apply_events(tx, list(states))

    async def published(self, *facts: type[F]) -> list[Event[F]]:
        """Events recorded so far, of these types (all when none is named), in order."""
        names = [fact.TYPE for fact in facts] or list(fact_types())
        async with self.database.api.read() as reader:
            rows = await reader.fetch(
                "SELECT body FROM event_log JOIN (SELECT event_id, min(seq) AS seq FROM outbox GROUP BY 1) o"
                " USING (event_id) WHERE type = ANY($1::text[]) ORDER BY o.seq",
                names,
            )
        return [parse(row["body"]) for row in rows]  # type: ignore[misc]

    async def work_off_due(self) -> int:
        """Do what is due by the harness's clock."""
        return await DueLoop(self.database.consumers, self.service.due).work_off()

    async def erase(self, *customer_ids: UUID) -> int:
        """Erase customers from the whole service."""
        async with self.database.api.begin() as tx:
            return await forget(self.service, tx, list(customer_ids))


async def _with_key(request: httpx.Request) -> None:
    if request.method == "POST":
        request.headers.setdefault("Idempotency-Key", str(SystemIds().new()))


@asynccontextmanager
async def open_harness(
    service: Service, runtime_url: str, *, clock: Clock | None = None, settings: Mapping[str, Any] | None = None
) -> AsyncIterator[Harness]:
    """Build a service's app on a migrated database; nothing of the broker is touched."""
    movable = MovableClock()
    database = await open_database(runtime_url, application="test", clock=clock or movable)
    issuer = DevelopmentIssuer.create()
    with tempfile.TemporaryDirectory() as folder:
        jwks = Path(folder) / "jwks.json"
        jwks.write_text(issuer.jwks_json())
        values = {"profile": "development", "database_url": runtime_url, "kafka": "127.0.0.1:9", "jwks": str(jwks)}
        values |= {"issuer": issuer.issuer, "public_url": "http://guanxi.test", **(settings or {})}
        runtime = Runtime(service.settings.model_validate(values), database)
        async with database.api.begin() as tx:
            await offsets.enter_births(tx, [c.group for c in service.topology.consumers if c.kind == "reaction"])
        with _app(service, runtime) as app:
            harness = Harness(service, app, database, issuer, movable)
            await harness.know(*_office(service))
            try:
                yield harness
            finally:
                for client in harness._clients:  # noqa: SLF001
                    await client.aclose()
                await database.close()


_IDLE: dict[tuple[int, str, str], list[tuple[Service, FastAPI]]] = {}


@contextmanager
def _app(service: Service, runtime: Runtime) -> Iterator[FastAPI]:
    """The service's app. To put it together takes as long as a database, so it serves one test after another."""
    settings = runtime.settings
    idle = _IDLE.setdefault((id(service), settings.profile, settings.public_url), [])
    app = idle.pop()[1] if idle else assemble(service, settings, None, role="all")
    yield furnish(app, runtime)
    idle.append((service, app))


def _office(service: Service) -> Iterable[Event[Any]]:
    if service.name == "customer-profile":
        return ()
    return (
        a_unit("head-office", kind="head_office"),
        a_unit("complaint-desk", parent="head-office"),
        a_unit("dealer-17", kind="dealer", internal=False),
    )
