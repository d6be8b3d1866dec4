"""Who is who among processes: a pid alone is never enough."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from guanxi_local.children import MARK, Child, Records, identify, own, spawn
from guanxi_local.orphans import end_orphans

GONE = 2**22 + 1  # above the kernel's largest pid
OTHER = "another boot 12345"
SLEEPER = [sys.executable, "-c", "import time; print('hello', flush=True); time.sleep(60)"]


def test_a_process_knows_itself() -> None:
    assert own().pid == os.getpid()
    assert own().alive


def test_a_pid_that_another_process_has_now_counts_as_dead() -> None:
    assert not Child(os.getpid(), OTHER).alive


def test_a_reused_pid_is_never_signalled() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: seen.append(number))
    try:
        Child(os.getpid(), OTHER).send(signal.SIGUSR1)
        assert seen == []
        own().send(signal.SIGUSR1)
        assert seen == [signal.SIGUSR1]
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_stopping_what_is_gone_is_no_error() -> None:
    assert Child(GONE, OTHER).stop(signal.SIGTERM, 1)


def test_what_runs_is_recalled_and_what_is_gone_is_not(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.remember("kafka", own())
    records.remember("postgres", Child(GONE, OTHER))
    assert records.recall("kafka") == own()
    assert records.recall("postgres") is None
    assert records.names() == ["kafka", "postgres"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "started": 2}', '{"pid": "x"}', '"x"'])
def test_a_half_written_or_foreign_record_is_recovered_from(tmp_path: Path, text: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "kafka.json").write_text(text)
    assert Records(tmp_path).recall("kafka") is None
    assert Records(tmp_path).said("kafka") == ""


def test_a_record_that_was_copied_with_its_folder_speaks_of_nobody(tmp_path: Path) -> None:
    Records(tmp_path / "one").remember("kafka", own())
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    assert Records(tmp_path / "one").recall("kafka") == own()
    assert Records(tmp_path / "two").recall("kafka") is None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there the kernel tells no count since boot")
def test_who_a_process_is_does_not_depend_on_the_time_of_day(monkeypatch: pytest.MonkeyPatch) -> None:
    before = own()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    monkeypatch.setattr(psutil, "boot_time", lambda: 12345.0)
    assert before.alive
    assert own() == before


def test_what_a_process_said_begins_with_its_start_even_when_the_log_is_begun_anew(tmp_path: Path) -> None:
    records, log = Records(tmp_path), tmp_path / "logs" / "server.log"
    log.parent.mkdir()
    for earlier in (b"of an earlier start\n", b"x" * (17 * 1024 * 1024)):
        log.write_bytes(earlier)
        child = records.start("server", SLEEPER)
        while not records.said("server").endswith("\n"):
            assert child.alive
        child.stop(signal.SIGKILL, 5)
        assert records.said("server") == "hello\n"
    assert log.with_suffix(".log.1").stat().st_size == 17 * 1024 * 1024


def test_a_process_that_cannot_be_recorded_does_not_stay(tmp_path: Path) -> None:
    records = Records(tmp_path)
    (tmp_path / "run").write_text("in the way")
    with pytest.raises(OSError, match="run"):
        records.start("server", SLEEPER)
    end = [child for child in map(identify, psutil.pids()) if child and marked(child, tmp_path)]
    assert end == []


def test_what_is_in_no_record_is_found_by_its_mark(tmp_path: Path) -> None:
    log, marks = tmp_path / "log", (str(tmp_path), str(tmp_path / "below"), f"{tmp_path}-other")
    orphan, below, stranger = (spawn(SLEEPER, log=log, env={**os.environ, MARK: mark}) for mark in marks)
    # Until then a process has the environment of the one that has started it.
    while log.read_bytes().count(b"hello\n") < len(marks):
        time.sleep(0.01)
    try:
        end_orphans(tmp_path)
        assert [orphan.alive, below.alive, stranger.alive] == [False, True, True]
        end_orphans(tmp_path, below=True, grace=0)
        assert [below.alive, stranger.alive] == [False, True]
    finally:
        stranger.stop(signal.SIGKILL, 5)


def test_an_orphan_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    records = Records(tmp_path)
    orphan = records.start("server", [sys.executable, "-c", deaf])
    while not records.said("server"):
        assert orphan.alive
    end_orphans(tmp_path, grace=0.1)
    assert not orphan.alive


def marked(child: Child, root: Path) -> bool:
    try:
        return psutil.Process(child.pid).environ().get(MARK) == str(root)
    except psutil.Error:
        return False


def test_forgetting_twice_is_no_error(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.remember("kafka", own())
    records.forget("kafka")
    records.forget("kafka")
    assert records.recall("kafka") is None
