"""Processes that a PostgreSQL left behind: its data folder is free only when they have ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guanxi_local import postgres
from guanxi_local.failures import Failure
from guanxi_local.postgres import Postgres
from guanxi_local.state import State


class Slow:
    """A process that waits for the disk, and so outlives some looks after it was killed."""

    pid = 4711

    def __init__(self, looks: int) -> None:
        self.looks = looks
        self.killed = False

    def kill(self) -> None:
        self.killed = True

    def seen(self) -> list[Any]:
        self.looks -= self.killed
        return [self] if self.looks > 0 else []


@pytest.fixture
def server(tmp_path: Path) -> Postgres:
    server = Postgres(State(tmp_path), 0)
    server.data.mkdir()
    (server.data / "postmaster.pid").touch()
    return server


def sweep(server: Postgres, process: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Postgres, "_leftovers", lambda _: process.seen())
    server._sweep()


def test_the_lock_file_stays_until_the_last_of_them_has_ended(
    server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Slow(looks=3)
    sweep(server, process, monkeypatch)
    assert (process.killed, process.looks) == (True, 0)
    assert not (server.data / "postmaster.pid").exists()


def test_what_does_not_end_is_named_and_the_lock_file_stays(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_SWEEP_S", 0.1, raising=False)
    with pytest.raises(Failure, match=r"still use .*postgres and cannot be ended: 4711$"):
        sweep(server, Slow(looks=10_000), monkeypatch)
    assert (server.data / "postmaster.pid").exists()
