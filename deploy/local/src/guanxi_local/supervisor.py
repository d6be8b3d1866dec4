"""The process behind `guanxi up`: it starts the platform, restarts what dies, and stops all when it is told to."""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from guanxi_local.children import Child, own
from guanxi_local.failures import EXIT_CODE, Failure, of_any
from guanxi_local.platform import Platform, settle_ports
from guanxi_local.processes import read_processes
from guanxi_local.progress import FAILED, STOPPING, UP, Journal
from guanxi_local.state import State, open_state
from guanxi_local.stopping import SUPERVISOR, stop_all
from guanxi_local.watch import Watch

_AGAIN_S = 0.2


def journal_of(state: State) -> Journal:
    """Give the news of this installation's start."""
    return Journal(state.root / "progress.jsonl")


def running(state: State) -> Child | None:
    """Give the supervisor if it runs."""
    return state.records.recall(SUPERVISOR)


def begin(state: State, environment: Mapping[str, str], port: int | None = None) -> Child:
    """Start a supervisor in the background, the gateway at a port of one's choice."""
    journal_of(state).begin()
    command: list[str | Path] = [sys.executable, "-m", "guanxi_local.supervisor", state.root]
    return state.records.start(
        SUPERVISOR, [*command, *([str(port)] if port else [])], env={**os.environ, **environment}
    )


def supervise(state: State, port: int | None = None) -> int:
    """Run one installation until a signal comes."""
    ending = _ending()
    with (state.root / "supervisor.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another supervisor has this installation")
            return 0
        try:
            return _run(state, ending, port)
        finally:
            state.records.forget(SUPERVISOR)


def _ending() -> threading.Event:
    """An event that a signal sets; by a thread, for a handler runs in the middle of whatever waits for the event."""
    ending, told = threading.Event(), queue.SimpleQueue[int]()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: told.put(number))

    def pass_on() -> None:
        told.get()
        ending.set()

    threading.Thread(target=pass_on, daemon=True).start()
    return ending


def _run(state: State, ending: threading.Event, port: int | None) -> int:
    journal = journal_of(state)
    try:
        state.records.remember(SUPERVISOR, own())
        platform = _start(state, journal, ending, port)
    except Exception as error:  # noqa: BLE001 - whatever it was: all is stopped, and the person learns of it in a line
        failure = of_any(error, "the platform cannot be started")
        _say(str(failure) if isinstance(error, Failure) else traceback.format_exc())
        journal.tell("platform", FAILED, str(failure))
        return EXIT_CODE
    journal.tell("platform", UP)
    watch = Watch(platform, _say)
    watch.begin()
    ending.wait()
    journal.tell("platform", STOPPING)
    watch.end()
    stop_all(state, journal.tell)
    return 0


def _start(state: State, journal: Journal, ending: threading.Event, port: int | None) -> Platform:
    # Processes of a supervisor that was killed: their settings may be old, so they start anew.
    stop_all(state)
    services = read_processes()
    platform = Platform(state, services, ports=settle_ports(state, services, gateway=port))
    try:
        with _cut_short(state, ending):
            platform.start(journal.tell, ending)
    except BaseException:
        stop_all(state)
        raise
    return platform


@contextmanager
def _cut_short(state: State, ending: threading.Event) -> Iterator[None]:
    """When the signal comes within the block: stop what runs, again and again, so that whatever waits for it fails."""
    over = threading.Event()

    def keep_stopping() -> None:
        ending.wait()
        while not over.wait(_AGAIN_S):
            stop_all(state)

    thread = threading.Thread(target=keep_stopping, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        if ending.is_set():
            thread.join()


def _say(line: str) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    # The log lies on the disk that may be full: what cannot be written must not end whoever says it.
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{now} {line}\n")
        sys.stderr.flush()


if __name__ == "__main__":
    root, *chosen = sys.argv[1:]
    sys.exit(supervise(open_state(Path(root))[0], int(chosen[0]) if chosen else None))
