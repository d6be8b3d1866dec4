"""A PostgreSQL server of our own: made, stopped, killed, broken and started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import psutil
import pytest

from guanxi_local import control, inspection, preparation, supervisor
from guanxi_local.accounts import can_reach, server_account
from guanxi_local.databases import ensure_databases, superuser
from guanxi_local.failures import Failure
from guanxi_local.platform import Platform
from guanxi_local.postgres import Postgres
from guanxi_local.postgres import _copy as copied
from guanxi_local.processes import read_processes
from guanxi_local.roles import describe
from guanxi_local.state import State, open_state, reset

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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the kernel offers no full device")
async def test_a_full_disk_gives_one_clear_line(own_postgres: Postgres) -> None:
    (own_postgres.state.root / "postgres.password").symlink_to("/dev/full")
    with pytest.raises(Failure, match=r"PostgreSQL cannot be started in .*: the disk is full; make room or") as caught:
        own_postgres.start()
    assert "\n" not in str(caught.value)


@pytest.fixture
def small_disk(state: State) -> Iterator[Path]:
    """A disk of 100 MB, where this account may mount one."""
    folder = state.root / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "none", folder], check=False).returncode != 0:
        pytest.skip("this account may mount no disk")
    folder.chmod(0o711)
    yield folder
    subprocess.run(["umount", folder], check=True)


async def test_on_a_disk_that_fills_up_one_line_says_so_and_all_can_still_be_stopped(small_disk: Path) -> None:
    state = open_state(small_disk / "state")[0]
    server = Postgres(state, state.ports.settle(["postgres"])["postgres"])
    fill(small_disk / "filler", leave=20)
    with pytest.raises(Failure, match=r"PostgreSQL did not start: the disk is full \(log: ") as caught:
        server.start()
    assert "\n" not in str(caught.value)
    (small_disk / "filler").unlink()
    child = server.start()
    fill(small_disk / "filler")
    with pytest.raises(Failure, match="the databases cannot be made: the disk is full"):
        await asyncio.to_thread(preparation.make_databases, server, ["complaints"], "")
    assert [line.state for line in inspection.survey(Platform(state, read_processes())) if line.name == "postgres"] == [
        "ready"
    ]
    supervisor.journal_of(state).tell("postgres", "starting")
    assert await asyncio.to_thread(control.bring_down, state)
    assert not child.alive
    reset(state)


def fill(path: Path, leave: int = 0) -> None:
    """Fill a disk but for some megabytes."""
    room = shutil.disk_usage(path.parent).free - leave * 1024 * 1024
    with contextlib.suppress(OSError), path.open("wb") as file:
        for _ in range(0, room, 65536):
            file.write(b"x" * 65536)
            file.flush()


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


async def test_a_database_that_a_crash_left_open_to_everybody_is_closed_by_the_next_start(
    own_postgres: Postgres,
) -> None:
    own_postgres.start()
    await ensure_databases(own_postgres, ["complaints", "scoring"])
    async with superuser(own_postgres) as connection:
        await connection.execute("GRANT ALL ON DATABASE complaints TO PUBLIC")
        await connection.execute("REVOKE CONNECT ON DATABASE complaints FROM complaints_app")
    await ensure_databases(own_postgres, ["complaints", "scoring"])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(own_postgres.url("complaints", "scoring_app"))
    connection = await asyncpg.connect(own_postgres.url("complaints", "complaints_app"))
    await connection.close()


async def test_a_server_whose_passwords_were_lost_says_what_to_do(own_postgres: Postgres) -> None:
    own_postgres.start()
    (own_postgres.state.root / "passwords.json").unlink()
    with pytest.raises(Failure, match=r"its passwords are not those in passwords\.json; guanxi reset") as caught:
        await asyncio.to_thread(preparation.make_databases, own_postgres, ["complaints"], "")
    assert "\n" not in str(caught.value)


async def test_a_server_that_its_account_cannot_reach_is_copied_whatever_the_umask(state: State) -> None:
    package = state.root / "closed" / "server_package"
    tree = package / "pginstall18" / "bin"
    before = os.umask(0o077)
    try:
        tree.mkdir(parents=True)
        (tree / "program").write_text("#!/bin/sh\n")
        (tree / "program").chmod(0o700)
        (state.root / "server-0.0.1").mkdir()
        copy = copied(package, state.root) / "pginstall18" / "bin"
    finally:
        os.umask(before)
    assert can_reach(state.account, copy)
    assert stat.S_IMODE((copy / "program").stat().st_mode) == 0o755
    assert not (state.root / "server-0.0.1").exists()
    assert copied(package, state.root) / "pginstall18" / "bin" == copy
    shutil.rmtree(state.root / "closed")


async def test_a_log_that_is_begun_anew_does_not_hide_that_the_server_is_up(own_postgres: Postgres) -> None:
    own_postgres.log.write_bytes(b"of an earlier start\n" * 1024 * 1024)
    with (
        socket.create_server(("127.0.0.1", own_postgres.port)),
        pytest.raises(Failure, match="its port was taken"),
    ):
        own_postgres.start()
    own_postgres.start()


async def test_passwords_are_asked_for(own_postgres: Postgres) -> None:
    own_postgres.start()
    right = own_postgres.state.passwords(["postgres"])["postgres"]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(own_postgres.url().replace(right, "wrong"))
