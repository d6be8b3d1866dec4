"""L: a service that is set up wrongly does not start: exit code 2 and one line that says what, and no secret in it."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import pairwise

import asyncpg
import pytest

from guanxi_local.postgres import Postgres
from guanxi_local.roles import Database

pytestmark = pytest.mark.asyncio(loop_scope="session")

MODULES = ("customer_profile", "interactions", "complaints", "scoring", "notifications")
_URL = "postgresql://user:se4cret@127.0.0.1:9/x"
_STRONG = "k" * 32
DEVELOPMENT = {
    "GUANXI_PROFILE": "development",
    "GUANXI_DATABASE_URL": _URL,
    "GUANXI_KAFKA": "127.0.0.1:9",
    "GUANXI_JWKS": "/keys.json",
}
PRODUCTION = {
    **DEVELOPMENT,
    "GUANXI_PROFILE": "production",
    "GUANXI_JWKS": "https://login.example/jwks",
    "GUANXI_CURSOR_KEY": _STRONG,
    "GUANXI_TRACKING_KEY": _STRONG,
    "GUANXI_ISSUER": "https://login.example",
    "GUANXI_DATABASE_URL": _URL + "?sslmode=verify-full",
}


@dataclass(frozen=True)
class Ended:
    """How a start ended."""

    code: int
    said: str


async def start(module: str, settings: dict[str, str | None], *words: str) -> Ended:
    """Start a service; a setting of None is left out."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("GUANXI_")}
    given = {name: value for name, value in settings.items() if value is not None}
    command = [sys.executable, "-m", module, *(words or ("--port", "0"))]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env={**others, **given}, capture_output=True, text=True, check=False, timeout=90)

    done = await asyncio.to_thread(run)
    return Ended(done.returncode, done.stderr)


def one_line(ended: Ended) -> str:
    """What it said when it refused: one line, without its secrets."""
    assert (ended.code, ended.said.count("\n")) == (2, 1), ended
    assert "se4cret" not in ended.said
    return ended.said


WRONG: dict[str, tuple[dict[str, str | None], str]] = {
    "no database": ({"GUANXI_DATABASE_URL": None}, "GUANXI_DATABASE_URL"),
    "an empty database": ({"GUANXI_DATABASE_URL": ""}, "GUANXI_DATABASE_URL"),
    "another database": ({"GUANXI_DATABASE_URL": "sqlite:///x.db"}, "GUANXI_DATABASE_URL"),
    "a migration at another database": ({"GUANXI_MIGRATION_URL": "mysql://x"}, "GUANXI_MIGRATION_URL"),
    "no broker": ({"GUANXI_KAFKA": None}, "GUANXI_KAFKA"),
    "a broker without port": ({"GUANXI_KAFKA": "kafka"}, "GUANXI_KAFKA"),
    "a broker's web address": ({"GUANXI_KAFKA": "http://kafka:9092"}, "GUANXI_KAFKA"),
    "no keys": ({"GUANXI_JWKS": None}, "GUANXI_JWKS"),
    "a topic prefix with a blank": ({"GUANXI_TOPIC_PREFIX": "a b"}, "GUANXI_TOPIC_PREFIX"),
    "a profile of its own": ({"GUANXI_PROFILE": "staging"}, "GUANXI_PROFILE"),
    "a log level of its own": ({"GUANXI_LOG_LEVEL": "TRACE"}, "GUANXI_LOG_LEVEL"),
    "a watchdog that never looks": ({"GUANXI_STUCK_SECONDS": "-1"}, "GUANXI_STUCK_SECONDS"),
    "keys by http in production": ({**PRODUCTION, "GUANXI_JWKS": "http://login.example/jwks"}, "GUANXI_JWKS"),
    "keys in a file in production": ({**PRODUCTION, "GUANXI_JWKS": "/keys.json"}, "GUANXI_JWKS"),
    "no cursor key in production": ({**PRODUCTION, "GUANXI_CURSOR_KEY": None}, "GUANXI_CURSOR_KEY"),
    "a weak cursor key in production": ({**PRODUCTION, "GUANXI_CURSOR_KEY": "short"}, "GUANXI_CURSOR_KEY"),
    "no tracking key in production": ({**PRODUCTION, "GUANXI_TRACKING_KEY": None}, "GUANXI_TRACKING_KEY"),
    "a weak tracking key in production": ({**PRODUCTION, "GUANXI_TRACKING_KEY": "k" * 31}, "GUANXI_TRACKING_KEY"),
    "traces to no address": ({"GUANXI_OTLP_ENDPOINT": "not an address"}, "OTLP endpoint"),
    "a death on purpose in production": (
        {**PRODUCTION, "GUANXI_CRASH_AT": "relay.after_produce:1"},
        "GUANXI_CRASH_AT is for tests",
    ),
    "a death at no step": ({"GUANXI_CRASH_AT": "relay.sometime:1"}, "GUANXI_CRASH_AT"),
    "a death that is not counted": ({"GUANXI_CRASH_AT": "relay.after_produce"}, "GUANXI_CRASH_AT"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_setting_ends_the_start(name: str) -> None:
    settings, words = WRONG[name]
    assert words in one_line(await start(MODULES[len(name) % len(MODULES)], {**DEVELOPMENT, **settings}))


@pytest.mark.parametrize("module", MODULES)
async def test_every_service_refuses_production_without_its_settings(module: str) -> None:
    assert "in production" in one_line(await start(module, {**DEVELOPMENT, "GUANXI_PROFILE": None}))


@pytest.mark.parametrize("module", MODULES)
async def test_every_service_says_that_its_database_is_away(module: str) -> None:
    assert "cannot reach what it needs" in one_line(await start(module, dict(DEVELOPMENT)))


Make = Callable[[str], Awaitable[Database]]


async def test_a_superuser_is_refused(postgres: Postgres, service_database: Make) -> None:
    database = await service_database("complaints")
    url = f"{postgres.url().rpartition('/')[0]}/{database.name}"
    assert "is a superuser" in one_line(await start("complaints", {**DEVELOPMENT, "GUANXI_DATABASE_URL": url}))


async def test_commits_that_do_not_wait_are_refused(service_database: Make) -> None:
    database = await service_database("complaints")
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute(f'ALTER DATABASE "{database.name}" SET synchronous_commit = off')
    await owner.close()
    settings = {**DEVELOPMENT, "GUANXI_DATABASE_URL": database.runtime_url}
    assert "fsync or synchronous_commit is off" in one_line(await start("complaints", dict(settings)))


async def test_a_database_that_was_never_migrated_is_refused(blank_database: Database) -> None:
    settings = {**DEVELOPMENT, "GUANXI_DATABASE_URL": blank_database.runtime_url}
    assert "run `migrate`" in one_line(await start("complaints", dict(settings)))


@pytest.mark.parametrize("words", [(), ("migrate",)], ids=["serve", "migrate"])
@pytest.mark.parametrize(("owner", "module"), [*pairwise(MODULES), (MODULES[-1], MODULES[0])])
async def test_the_database_of_another_service_is_refused(
    owner: str, module: str, words: tuple[str, ...], service_database: Make
) -> None:
    # Whatever numbers the migrations of the two have come to: "run `migrate`" would be wrong.
    database = await service_database(owner.replace("_", "-"))
    settings = {**DEVELOPMENT, "GUANXI_DATABASE_URL": database.owner_url if words else database.runtime_url}
    assert "of another service" in one_line(await start(module, dict(settings), *words))


async def test_a_database_that_is_not_whole_is_refused(service_database: Make) -> None:
    database = await service_database("complaints")
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute("DROP TABLE verdict")
    await owner.close()
    settings = {**DEVELOPMENT, "GUANXI_DATABASE_URL": database.runtime_url}
    assert "table verdict is missing" in one_line(await start("complaints", dict(settings)))


async def test_a_wrong_password_is_said_without_it(postgres: Postgres, service_database: Make) -> None:
    database = await service_database("complaints")
    before, _, after = database.runtime_url.partition("@")
    user = before.removeprefix("postgresql://").partition(":")[0]
    url = f"postgresql://{user}:se4cret{secrets.token_hex(2)}@{after}"
    assert "cannot reach what it needs" in one_line(
        await start("complaints", {**DEVELOPMENT, "GUANXI_DATABASE_URL": url})
    )


async def test_a_database_that_is_not_there_is_said(service_database: Make) -> None:
    database = await service_database("complaints")
    url = database.runtime_url.replace(f"/{database.name}", "/no_such_database")
    assert "cannot reach what it needs" in one_line(
        await start("complaints", {**DEVELOPMENT, "GUANXI_DATABASE_URL": url})
    )
