"""The process behind `guanxi up`: it starts the platform, restarts what dies, and stops all when it is told to."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from guanxi_local.children import Child, own, spawn
from guanxi_local.failures import EXIT_CODE, Failure, of_os
from guanxi_local.platform import Platform
from guanxi_local.processes import read_processes
from guanxi_local.progress import FAILED, UP, Journal
from guanxi_local.state import State, open_state
from guanxi_local.watch import Watch

NAME = "supervisor"


def journal_of(state: State) -> Journal:
    """Give the news of this installation's start."""
    return Journal(state.root / "progress.jsonl")


def running(state: State) -> Child | None:
    """Give the supervisor if it runs."""
    return state.records.recall(NAME)


def begin(state: State, environment: Mapping[str, str]) -> Child:
    """Start a supervisor in the background."""
    journal_of(state).begin()
    command: list[str | Path] = [sys.executable, "-m", "guanxi_local.supervisor", state.root]
    child = spawn(command, log=state.logs / f"{NAME}.log", env={**os.environ, **environment})
    state.records.remember(NAME, child)
    return child


def supervise(state: State) -> int:
    """Run one installation until a signal comes."""
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ending.set())
    with (state.root / "supervisor.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another supervisor has this installation")
            return 0
        state.records.remember(NAME, own())
        try:
            return _run(state, ending)
        finally:
            state.records.forget(NAME)


def _run(state: State, ending: threading.Event) -> int:
    journal, up = journal_of(state), threading.Event()
    platform = Platform(state, read_processes())
    # Processes of a supervisor that was killed: their settings may be old, so they start anew.
    platform.stop()
    threading.Thread(target=_cut_short, args=(platform, ending, up), daemon=True).start()
    try:
        platform.start(journal.tell)
    except (Failure, OSError) as error:
        failure = error if isinstance(error, Failure) else of_os(error, "the platform cannot be started")
        _say(str(failure))
        platform.stop()
        journal.tell("platform", FAILED, str(failure))
        return EXIT_CODE
    up.set()
    journal.tell("platform", UP)
    watch = Watch(platform, _say)
    watch.begin()
    ending.wait()
    watch.end()
    platform.stop(journal.tell)
    return 0


def _cut_short(platform: Platform, ending: threading.Event, up: threading.Event) -> None:
    """When the signal comes during the start: stop what runs, so that whatever is waited for fails at once."""
    ending.wait()
    if not up.is_set():
        platform.stop()


def _say(line: str) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    sys.stderr.write(f"{now} {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(supervise(open_state(Path(sys.argv[1]))[0]))
