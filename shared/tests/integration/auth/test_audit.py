"""The audit trail: what is sealed cannot change unseen, and the service's role cannot change it at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from uuid_utils.compat import uuid7

from guanxi.auth import AuditEntry, Principal, TableLookup, audit, seal, verify
from guanxi.auth import _audit as implementation
from guanxi.db import Database, open_database
from guanxi.db._migrations import platform_statements

pytestmark = pytest.mark.asyncio
WHO = Principal("li-ming", "head-office", frozenset({"admin"}), internal=True)


class MovedClock:
    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest_asyncio.fixture(loop_scope="session")
async def owner(blank_database: Any) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(blank_database.owner_url)
    for statement in platform_statements(1):
        await connection.execute(statement)
    yield connection
    await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def database(blank_database: Any, owner: asyncpg.Connection, clock: MovedClock) -> AsyncIterator[Database]:
    opened = await open_database(blank_database.runtime_url, application="audit", clock=clock)
    yield opened
    await opened.close()


async def note(database: Database, count: int = 1, **entry: Any) -> None:
    async with database.api.begin() as tx:
        for _ in range(count):
            await audit(
                tx, WHO, AuditEntry(**{"action": "POST /v1/x", "resource": "/v1/x", "resource_id": uuid4(), **entry})
            )


async def sealed(database: Database) -> int:
    async with database.api.begin() as tx:
        return await seal(tx)


async def broken(database: Database) -> list[int]:
    async with database.api.read() as reader:
        return await verify(reader)


async def test_rows_younger_than_a_minute_wait(database: Database, clock: MovedClock) -> None:
    await note(database, 3)
    assert await sealed(database) == 0
    clock.ahead = timedelta(seconds=61)
    assert await sealed(database) == 3
    assert await sealed(database) == 0


async def test_a_chain_of_seals_is_whole(
    database: Database, clock: MovedClock, monkeypatch: pytest.MonkeyPatch, owner: asyncpg.Connection
) -> None:
    monkeypatch.setattr(implementation, "SEAL_ROWS", 10)
    await note(database, 25, details={"名": ["a", 1, None]}, customer_id=UUID(int=1))
    clock.ahead = timedelta(seconds=61)
    assert [await sealed(database) for _ in range(4)] == [10, 10, 5, 0]
    await note(database, 5)
    assert await broken(database) == []
    hashes = await owner.fetch("SELECT n, hash, previous FROM audit_seal ORDER BY n")
    assert [row["n"] for row in hashes] == [1, 2, 3]
    assert [row["previous"] for row in hashes] == [b"", hashes[0]["hash"], hashes[1]["hash"]]


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit SET principal = 'somebody else' WHERE id = (SELECT id FROM audit ORDER BY id OFFSET 4 LIMIT 1)",
        "UPDATE audit SET at = at + interval '1 us' WHERE id = (SELECT id FROM audit ORDER BY id OFFSET 4 LIMIT 1)",
        """UPDATE audit SET details = '{"n": 2}' WHERE id = (SELECT id FROM audit ORDER BY id OFFSET 4 LIMIT 1)""",
        "UPDATE audit SET customer_id = NULL WHERE id = (SELECT id FROM audit ORDER BY id OFFSET 4 LIMIT 1)",
        "DELETE FROM audit WHERE id = (SELECT id FROM audit ORDER BY id OFFSET 4 LIMIT 1)",
        "DELETE FROM audit_seal WHERE n = 1",
        "UPDATE audit_seal SET hash = sha256('x') WHERE n = 2",
    ],
)
async def test_tampering_breaks_the_chain(
    database: Database,
    clock: MovedClock,
    owner: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    tampering: str,
) -> None:
    monkeypatch.setattr(implementation, "SEAL_ROWS", 3)
    await note(database, 9, customer_id=UUID(int=1), details={"n": 1})
    clock.ahead = timedelta(seconds=61)
    assert [await sealed(database) for _ in range(3)] == [3, 3, 3]
    assert await broken(database) == []
    assert not (await owner.execute(tampering)).endswith(" 0")
    assert await broken(database)


async def test_a_row_slipped_in_breaks_the_chain(
    database: Database, clock: MovedClock, owner: asyncpg.Connection
) -> None:
    await note(database)
    between = uuid7()
    await note(database)
    clock.ahead = timedelta(seconds=61)
    await sealed(database)
    await owner.execute(
        "INSERT INTO audit (id, principal, unit, action, resource) VALUES ($1, 'x', 'x', 'x', 'x')", between
    )
    assert await broken(database) == [1]


async def test_the_seal_does_not_depend_on_a_session_s_settings(
    database: Database, clock: MovedClock, owner: asyncpg.Connection
) -> None:
    await note(database, 3, details={"n": 1.5})
    clock.ahead = timedelta(seconds=61)
    await sealed(database)
    await owner.execute("SET TimeZone = 'Asia/Shanghai'; SET DateStyle = 'German, DMY'")
    assert await owner.fetch(implementation._VERIFY) == []


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET principal = 'x'", "DELETE FROM audit", "TRUNCATE audit", "DELETE FROM audit_seal"]
)
async def test_the_service_cannot_rewrite_its_trail(database: Database, statement: str) -> None:
    await note(database)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.api.begin() as tx:
            await tx.execute(statement)


async def test_a_rolled_back_change_leaves_no_row(database: Database, owner: asyncpg.Connection) -> None:
    with pytest.raises(RuntimeError):
        await _note_and_fail(database)
    assert await owner.fetchval("SELECT count(*) FROM audit") == 0


async def test_who_looked_at_a_customer_is_a_query(database: Database, owner: asyncpg.Connection) -> None:
    customer = uuid4()
    await note(database, action="GET /v1/customers/{id}", customer_id=customer, unmasked=True)
    await note(database, 5)
    found = await owner.fetch("SELECT principal FROM audit WHERE customer_id = $1 AND unmasked", customer)
    assert [row["principal"] for row in found] == ["li-ming"]


async def test_a_standing_comes_from_the_directory(database: Database, owner: asyncpg.Connection) -> None:
    employee = uuid4()
    await owner.execute(
        """INSERT INTO directory_unit (code, sequence, name, kind, internal, time_zone, calendar)
           VALUES ('head-office', 1, 'H', 'office', true, 'UTC', '{}'),
                  ('dealer-17', 1, 'D', 'dealer', false, 'UTC', '{}')"""
    )
    await owner.execute(
        "INSERT INTO directory_employee (id, sequence, subject, unit_id) VALUES ($1, 1, 'li-ming', 'head-office')",
        employee,
    )
    lookup = TableLookup(database.api)
    own = await lookup.standing("head-office", "li-ming")
    assert (own.internal, own.employee_id) == (True, employee)
    assert not (await lookup.standing("dealer-17", "x")).internal
    assert not (await lookup.standing("nobody-knows", "x")).internal


async def _note_and_fail(database: Database) -> None:
    async with database.api.begin() as tx:
        await audit(tx, WHO, AuditEntry("POST /v1/x", "/v1/x"))
        raise RuntimeError
