from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel, ConfigDict

from guanxi.auth import Authenticator, CachedLookup, FileKeys, TableLookup, TokenRules, TokenVerifier
from guanxi.auth.development import DevelopmentIssuer
from guanxi.db import Database, Pool, Reader, open_database
from guanxi.db._migrations import platform_statements
from guanxi.events import Personal
from guanxi.http import NotFound, Read, Readiness, Stale, Write, attach, create_app, if_match, read, set_etag, write
from guanxi.telemetry import configure_logging


class NewThing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    phone: str = ""
    then: str = "created"


class Thing(BaseModel):
    id: UUID
    name: str
    phone: Annotated[str, Personal("phone")]
    version: int


@dataclass(frozen=True)
class Firm:
    """A small service on a real database."""

    app: FastAPI
    database: Database
    issuer: DevelopmentIssuer

    def client(self, subject: str = "li-ming", scope: str = "admin", unit: str = "head-office") -> httpx.AsyncClient:
        token = self.issuer.token(subject=subject, unit=unit, scopes=scope.split())
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, raise_app_exceptions=False),
            base_url="http://things.test",
            headers={"Authorization": f"Bearer {token}"},
        )

    async def count(self, table: str, where: str = "true") -> int:
        async with self.database.api.read() as reader:
            return int(await reader.fetchval(f"SELECT count(*) FROM {table} WHERE {where}"))

    async def rows(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        async with self.database.api.read() as reader:
            return await reader.fetch(sql, *args)


async def find(reader: Reader, thing_id: UUID) -> Thing:
    row = await reader.fetchrow("SELECT id, name, phone, version FROM thing WHERE id = $1", thing_id)
    if row is None:
        raise NotFound("thing")
    return Thing(**dict(row))


def things() -> APIRouter:  # noqa: C901 - five small routes
    router = APIRouter(prefix="/things")

    @router.post("")
    async def make(body: NewThing, call: Annotated[Write, Depends(write("things:write"))]) -> Thing:
        async with call.once() as once:
            if once.replay:
                return await find(once.tx, once.replay)
            thing_id = once.tx.new_id()
            insert = "INSERT INTO thing (id, name, phone) VALUES ($1, $2, $3)"
            await once.tx.execute(insert, thing_id, body.name, body.phone)
            if body.then == "sleep":
                await once.tx.execute("SELECT pg_sleep(1.6)")
            if body.then == "fail":
                raise NotFound("part")
            if body.then == "accept":
                once.accepted(thing_id, f"/v1/things/{thing_id}", customer_id=thing_id)
            elif body.then == "created":
                once.created(thing_id, f"/v1/things/{thing_id}", 1, customer_id=thing_id, kind="small")
            elif body.then == "sleep":
                once.created(thing_id, "/v1/things/名")
            return await find(once.tx, thing_id)

    @router.post("/public")
    async def suggest(body: NewThing, call: Annotated[Write, Depends(write())]) -> None:
        async with call.once() as once:
            thing_id = once.tx.new_id()
            await once.tx.execute("INSERT INTO thing (id, name, phone) VALUES ($1, $2, '')", thing_id, body.name)
            once.created(thing_id, f"/v1/things/{thing_id}")

    @router.patch("/{thing_id}")
    async def rename(
        thing_id: UUID,
        body: NewThing,
        version: Annotated[int, Depends(if_match)],
        call: Annotated[Write, Depends(write("things:write", idempotent=False))],
    ) -> Thing:
        async with call.change() as change:
            sql = "UPDATE thing SET name = $3, version = version + 1 WHERE id = $1 AND version = $2 RETURNING version"
            changed = await change.tx.fetchval(sql, thing_id, version, body.name)
            if changed is None:
                raise Stale
            change.done(thing_id, changed, customer_id=thing_id, fields=["name"])
            return await find(change.tx, thing_id)

    @router.get("/{thing_id}")
    async def show(thing_id: UUID, call: Annotated[Read, Depends(read("things:read"))]) -> Thing:
        async with call.pool.read() as reader:
            thing = await find(reader, thing_id)
        set_etag(call.response, thing.version)
        return await call.show(thing, "thing", thing.id, thing.id)

    return router


@pytest_asyncio.fixture(loop_scope="session")
async def firm(blank_database: Any, tmp_path: Path) -> AsyncIterator[Firm]:
    configure_logging("things", stream=io.BytesIO())
    owner = await asyncpg.connect(blank_database.owner_url)
    for statement in platform_statements(1):
        await owner.execute(statement)
    await owner.execute(
        "CREATE TABLE thing (id uuid PRIMARY KEY, name text NOT NULL, phone text NOT NULL, version bigint DEFAULT 1)"
    )
    await owner.execute(
        """INSERT INTO directory_unit (code, sequence, name, kind, internal, time_zone, calendar)
           VALUES ('head-office', 1, 'Head office', 'office', true, 'UTC', '{}')"""
    )
    await owner.close()
    database = await open_database(blank_database.runtime_url, application="things")
    yield build(database, database.api, tmp_path)
    await database.close()


def build(database: Database, pool: Pool, folder: Path) -> Firm:
    issuer = DevelopmentIssuer.create()
    (folder / "jwks.json").write_text(issuer.jwks_json())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield

    async def ready() -> Readiness:
        return Readiness(ready=True, parts={"database": "ok"})

    app = create_app("things", [things()], lifespan=lifespan, ready=ready)
    verifier = TokenVerifier(TokenRules(issuer.issuer, issuer.audience), FileKeys(folder / "jwks.json"))
    attach(app, pool=pool, authenticator=Authenticator(verifier, CachedLookup(TableLookup(pool))), cursor_key=b"k" * 32)
    return Firm(app, database, issuer)


@pytest.fixture
def key() -> Callable[[str], dict[str, str]]:
    return lambda value: {"Idempotency-Key": value}
