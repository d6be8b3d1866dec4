"""A PostgreSQL server of our own: made, stopped, killed, broken and started again."""

from __future__ import annotations

import os
import socket
from dataclasses import replace

import asyncpg
import psutil
import pytest

from guanxi_local.accounts import server_account
from guanxi_local.databases import ensure_databases, superuser
from guanxi_local.failures import Failure
from guanxi_local.postgres import Postgres
from guanxi_local.roles import describe

pytestmark = pytest.mark.asyncio


async def write(postgres: Postgres, value: int) -> None:
    async with superuser(postgres) as connection:
        await connection.execute("CREATE TABLE IF NOT EXISTS kept (value int)")
        await connection.execute("INSERT INTO kept VALUES ($1)", value)


async def read(postgres: Postgres) -> list[int]:
    async with superuser(postgres) as connection:
        return [row["value"] for row in await connection.fetch("SELECT value FROM kept ORDER BY 1")]


async def test_it_starts_once_and_a_second_start_finds_it(own_postgres: Postgres) -> None:
    first = own_postgres.start()
    assert own_postgres.start() == first
    own_postgres.stop()
    assert not first.alive


async def test_it_runs_under_an_unprivileged_account_and_is_durable(own_postgres: Postgres) -> None:
    child = own_postgres.start()
    account = server_account()
    assert psutil.Process(child.pid).uids().real == (account.uid if account else os.getuid())
    async with superuser(own_postgres) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert await connection.fetchval(f"SHOW {setting}") == "on"
        assert (await connection.fetchval("SHOW server_version")).startswith("18")


@pytest.mark.parametrize("mode", ["fast", "immediate", "kill"])
async def test_what_was_committed_is_there_after_any_end(own_postgres: Postgres, mode: str) -> None:
    own_postgres.start()
    await write(own_postgres, 1)
    own_postgres.stop(mode)  # type: ignore[arg-type]  # the parameter is one of its words
    own_postgres.start()
    await write(own_postgres, 2)
    assert await read(own_postgres) == [1, 2]


async def test_a_lock_file_left_by_a_reboot_whose_pid_is_another_program_now_is_recovered(
    own_postgres: Postgres,
) -> None:
    own_postgres.start()
    await write(own_postgres, 1)
    own_postgres.stop()
    lock = own_postgres.data / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{own_postgres.data}\n1\n{own_postgres.port}\n\n127.0.0.1\n")
    own_postgres.start()
    assert await read(own_postgres) == [1]


async def test_a_server_whose_record_was_lost_is_replaced(own_postgres: Postgres) -> None:
    orphan = own_postgres.start()
    await write(own_postgres, 1)
    own_postgres.state.records.forget("postgres")
    own_postgres.start()
    assert not orphan.alive
    assert await read(own_postgres) == [1]


async def test_a_cluster_that_was_half_made_is_made_anew(own_postgres: Postgres) -> None:
    half = own_postgres.state.root / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    own_postgres.data.mkdir()
    (own_postgres.data / "base").mkdir()
    own_postgres.start()
    await write(own_postgres, 1)
    assert not half.exists()


async def test_data_move_with_the_folder_to_another_port(own_postgres: Postgres) -> None:
    own_postgres.start()
    await write(own_postgres, 1)
    own_postgres.stop()
    with socket.create_server(("127.0.0.1", own_postgres.port)):
        moved = replace(own_postgres, port=own_postgres.state.ports.settle(["postgres"])["postgres"])
    assert moved.port != own_postgres.port
    moved.start()
    assert await read(moved) == [1]


async def test_a_port_that_is_taken_gives_one_clear_line(own_postgres: Postgres) -> None:
    with (
        socket.create_server(("127.0.0.1", own_postgres.port)),
        pytest.raises(Failure, match="PostgreSQL did not start: its port was taken") as caught,
    ):
        own_postgres.start()
    assert "\n" not in str(caught.value)
    assert own_postgres.state.records.recall("postgres") is None


async def test_a_full_disk_gives_one_clear_line(own_postgres: Postgres) -> None:
    own_postgres.data.symlink_to("/dev/full")
    with pytest.raises(Failure, match="PostgreSQL cannot be started") as caught:
        own_postgres.start()
    assert "\n" not in str(caught.value)


async def test_preparing_twice_changes_nothing_and_finishes_what_was_half_done(own_postgres: Postgres) -> None:
    own_postgres.start()
    await ensure_databases(own_postgres, ["complaints", "scoring"])
    async with superuser(own_postgres) as connection:
        await connection.execute("DROP DATABASE scoring")
    await ensure_databases(own_postgres, ["complaints", "scoring"])
    for name in ("complaints", "scoring"):
        connection = await asyncpg.connect(describe(own_postgres, name).runtime_url)
        assert await connection.fetchval("SELECT current_user") == f"{name}_app"
        await connection.close()


async def test_passwords_are_asked_for(own_postgres: Postgres) -> None:
    own_postgres.start()
    right = own_postgres.state.passwords(["postgres"])["postgres"]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(own_postgres.url().replace(right, "wrong"))
