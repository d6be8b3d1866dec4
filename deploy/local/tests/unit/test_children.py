"""Who is who among processes: a pid alone is never enough."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from guanxi_local.children import Child, Records, own

GONE = 2**22 + 1  # above the kernel's largest pid


def test_a_process_knows_itself() -> None:
    assert own().pid == os.getpid()
    assert own().alive


def test_a_pid_that_another_process_has_now_counts_as_dead() -> None:
    assert not Child(os.getpid(), own().started - 60).alive


def test_a_reused_pid_is_never_signalled() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: seen.append(number))
    try:
        Child(os.getpid(), own().started - 60).send(signal.SIGUSR1)
        assert seen == []
        own().send(signal.SIGUSR1)
        assert seen == [signal.SIGUSR1]
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_stopping_what_is_gone_is_no_error() -> None:
    assert Child(GONE, 1.0).stop(signal.SIGTERM, 1)


def test_what_runs_is_recalled_and_what_is_gone_is_not(tmp_path: Path) -> None:
    records = Records(tmp_path / "run")
    records.remember("kafka", own())
    records.remember("postgres", Child(GONE, 1.0))
    assert records.recall("kafka") == own()
    assert records.recall("postgres") is None
    assert records.names() == ["kafka", "postgres"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "started": 2, "more": 3}', '"x"'])
def test_a_half_written_or_foreign_record_is_recovered_from(tmp_path: Path, text: str) -> None:
    (tmp_path / "kafka.json").write_text(text)
    assert Records(tmp_path).recall("kafka") is None


def test_forgetting_twice_is_no_error(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.remember("kafka", own())
    records.forget("kafka")
    records.forget("kafka")
    assert records.recall("kafka") is None
