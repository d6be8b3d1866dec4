"""Looking into the five databases, as their superuser, one connection a question: nothing is kept over a crash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import asyncpg

from guanxi.events import Topology
from guanxi_local.testplatform import TestPlatform
from support.rounds import ROUNDS

SERVICES = ("customer-profile", "interactions", "complaints", "scoring", "notifications")
READERS = SERVICES[1:]
"""Those that keep a copy of the directory."""

AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What a look gets while the server is being killed; the client breaks in more than one way then."""


_CONNECTED_S = 30.0 if ROUNDS == "smoke" else 5.0
"""The smoke shares the machine with other tests, and once a connection took longer than 5 s."""


async def connect(url: str) -> asyncpg.Connection:
    """A connection for one look."""
    return await asyncpg.connect(url, timeout=_CONNECTED_S, command_timeout=4 * _CONNECTED_S)


async def rows(platform: TestPlatform, service: str, sql: str, *args: Any) -> list[tuple[Any, ...]]:
    """The rows of one statement in one service's database."""
    return await rows_at(platform.postgres_url(service), sql, *args)


async def rows_at(url: str, sql: str, *args: Any) -> list[tuple[Any, ...]]:
    """The rows of one statement in any database."""
    connection = await connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql, *args)]
    finally:
        await connection.close()


async def value(platform: TestPlatform, service: str, sql: str, *args: Any) -> Any:
    """The one value of a statement."""
    return (await rows(platform, service, sql, *args))[0][0]


async def fingerprint(platform: TestPlatform, service: str, sql: str, *args: Any) -> Fingerprint:
    """How many rows a statement has and the sum of their hashes: 50,000 rows cost PostgreSQL what 1,000 cost Python."""
    return await fingerprint_at(platform.postgres_url(service), sql, *args)


async def fingerprint_at(url: str, sql: str, *args: Any) -> Fingerprint:
    """The same in any database."""
    ((many, total),) = await rows_at(url, _FINGERPRINT.format(sql=sql), *args)
    return Fingerprint(many, int(total))


_FINGERPRINT = "SELECT count(*), coalesce(sum(hashtextextended(r::text, 0)), 0) FROM ({sql}) AS r"


@dataclass(frozen=True)
class Fingerprint:
    """Of a set of rows in whatever order; equal ones mean equal rows, but for one case in 2 to the power of 64."""

    many: int = 0
    total: int = 0

    def __add__(self, other: Fingerprint) -> Fingerprint:
        return Fingerprint(self.many + other.many, self.total + other.total)


def digest(found: Iterable[tuple[Any, ...]]) -> str:
    """One short word for a set of rows, whatever their order."""
    return hashlib.sha256("\n".join(sorted(map(repr, found))).encode()).hexdigest()[:16]


def topology(service: str) -> Topology:
    """What a service says it emits and reads."""
    found: Topology = import_module(f"{service.replace('-', '_')}.topology").TOPOLOGY
    return found
