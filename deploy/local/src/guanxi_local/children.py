"""Processes that outlive the command that started them, known by pid and birth: a reused pid is never hit."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from guanxi_local.accounts import Account
from guanxi_local.files import tail, write_atomically

MARK = "GUANXI_RUNNER_ROOT"
"""In the environment of whatever the runner starts: the state folder it was started for."""
_ROTATE_BYTES = 16 * 1024 * 1024
_READ_BYTES = 1024 * 1024
_handles: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Child:
    """One process: its pid, and what tells it from all others that ever have that pid."""

    pid: int
    birth: str

    @property
    def alive(self) -> bool:
        """Whether this very process still runs; a zombie or another process under the same pid does not count."""
        found, handle = _birth(self.pid) == self.birth, _handles.get(self.pid)
        # Asked last: a child that has ended since is reaped here, whatever the first look said of it.
        return (handle is None or handle.poll() is None) and found

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless the process is gone."""
        if _birth(self.pid) == self.birth:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

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
    birth = _birth(pid)
    return None if birth is None else Child(pid, birth)


def own() -> Child:
    """Give the identity of the process that asks."""
    return identify(os.getpid()) or Child(os.getpid(), "")


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    account: Account | None = None,
    cwd: Path | None = None,
) -> Child:
    """Start a program detached from the terminal, its output appended to a log file."""
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
    return identify(handle.pid) or Child(handle.pid, "")


class Records:
    """The processes of one state folder: a small file for each in `run`, its output in `logs`."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        account: Account | None = None,
        cwd: Path | None = None,
    ) -> Child:
        """Start a program, marked as one of this folder's, and remember it under its name."""
        log = self._log(name)
        log.parent.mkdir(parents=True, exist_ok=True)
        begin = _rotated(log)
        marked = {**(os.environ if env is None else env), MARK: str(self._root)}
        child = spawn(command, log=log, env=marked, account=account, cwd=cwd)
        try:
            self.remember(name, child, begin)
        except OSError:
            child.stop(signal.SIGKILL, 5)
            raise
        return child

    def remember(self, name: str, child: Child, log_begin: int = 0) -> None:
        """Write down a process under its name, and where in its log its own output begins."""
        self._path(name).parent.mkdir(parents=True, exist_ok=True)
        record = {"pid": child.pid, "birth": child.birth, "root": str(self._root), "log_begin": log_begin}
        write_atomically(self._path(name), json.dumps(record))

    def recall(self, name: str) -> Child | None:
        """Give the process of that name if it still runs; what a crash left behind is forgotten."""
        try:
            record = json.loads(self._path(name).read_text())
            child, root = Child(int(record["pid"]), str(record["birth"])), record["root"]
        except (OSError, ValueError, TypeError, KeyError):
            return None
        # A record that was copied with its folder speaks of another installation's process.
        return child if root == str(self._root) and child.alive else None

    def forget(self, name: str) -> None:
        """Drop the record of a process."""
        self._path(name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """List the names that have a record, running or not."""
        return sorted(path.stem for path in self._path("*").parent.glob("*.json"))

    def said(self, name: str) -> str:
        """Give what the process of that name has written since it was started, or the end of it when it is long."""
        try:
            begin = int(json.loads(self._path(name).read_text())["log_begin"])
            size = self._log(name).stat().st_size
        except (OSError, ValueError, TypeError, KeyError):
            return ""
        return tail(self._log(name), min(max(0, size - begin), _READ_BYTES))

    def _path(self, name: str) -> Path:
        return self._root / "run" / f"{name}.json"

    def _log(self, name: str) -> Path:
        return self._root / "logs" / f"{name}.log"


def _rotated(log: Path) -> int:
    """Move a long log aside and give the place where the next line will stand."""
    size = log.stat().st_size if log.exists() else 0
    if size <= _ROTATE_BYTES:
        return size
    log.replace(log.with_suffix(".log.1"))
    return 0


def _birth(pid: int) -> str | None:
    """Give what tells the process of that pid from others, None when there is none or it is a zombie."""
    boot = _boot()
    return _looked_up(pid) if boot is None else _read(pid, boot)


@functools.cache
def _boot() -> str | None:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None


def _read(pid: int, boot: str) -> str | None:
    # The kernel's own count since boot: a time of day, as libraries compute it, moves when the clock is set.
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    fields = stat.rpartition(b")")[2].split()
    return None if fields[0] in (b"Z", b"X") else f"{boot} {fields[19].decode()}"


def _looked_up(pid: int) -> str | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else repr(process.create_time())
    except psutil.NoSuchProcess:
        return None
