"""Processes that outlive the command that started them, known by pid and start time: a reused pid is never hit."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from guanxi_local.accounts import Account
from guanxi_local.files import write_atomically

# The kernel's boot time, from which start times are computed, moves with the wall clock by up to a second or so.
_SAME_START_S = 2.0
_ROTATE_BYTES = 16 * 1024 * 1024
_handles: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Child:
    """One process, as remembered on disk."""

    pid: int
    started: float

    @property
    def alive(self) -> bool:
        """Whether this very process still runs; a zombie or another process under the same pid does not count."""
        found, handle = _process(self), _handles.get(self.pid)
        # Asked last: a child that has ended since is reaped here, whatever the first look said of it.
        return (handle is None or handle.poll() is None) and found is not None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless the process is gone."""
        process = _process(self)
        if process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def wait(self, seconds: float) -> bool:
        """Wait until the process is gone; False when it is still there after that many seconds."""
        deadline = time.monotonic() + seconds
        while self.alive:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        return True

    def stop(self, number: signal.Signals, seconds: float) -> bool:
        """Ask with a signal, wait, and kill what does not listen; True when asking was enough."""
        self.send(number)
        if self.wait(seconds):
            return True
        self.send(signal.SIGKILL)
        self.wait(5)
        return False


def identify(pid: int) -> Child | None:
    """Give the identity of a running process, None when there is none."""
    try:
        return Child(pid, psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    account: Account | None = None,
    cwd: Path | None = None,
) -> Child:
    """Start a program detached from the terminal, its output appended to a log file."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _ROTATE_BYTES:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        handle = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            cwd=cwd,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    _handles[handle.pid] = handle
    return identify(handle.pid) or Child(handle.pid, 0.0)


class Records:
    """The processes of one state folder: a small file for each, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def remember(self, name: str, child: Child) -> None:
        """Write down a process under its name."""
        self._folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self._folder / f"{name}.json", json.dumps(asdict(child)))

    def recall(self, name: str) -> Child | None:
        """Give the process of that name if it still runs; what a crash left behind is forgotten."""
        try:
            child = Child(**json.loads((self._folder / f"{name}.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return child if child.alive else None

    def forget(self, name: str) -> None:
        """Drop the record of a process."""
        (self._folder / f"{name}.json").unlink(missing_ok=True)

    def names(self) -> list[str]:
        """List the names that have a record, running or not."""
        return sorted(path.stem for path in self._folder.glob("*.json"))


def own() -> Child:
    """Give the identity of the process that asks."""
    return identify(os.getpid()) or Child(os.getpid(), 0.0)


def _process(child: Child) -> psutil.Process | None:
    try:
        process = psutil.Process(child.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        same = abs(process.create_time() - child.started) <= _SAME_START_S
    except psutil.NoSuchProcess:
        return None
    return process if same else None
