"""What runs, where it answers and whether it is ready."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from guanxi_local import postgres
from guanxi_local.platform import Platform
from guanxi_local.readiness import ask
from guanxi_local.stopping import SUPERVISOR


@dataclass(frozen=True)
class Addresses:
    """The addresses that programs use; the shape of `guanxi status --json`."""

    gateway: str
    services: dict[str, str]
    kafka: str
    postgres: str

    def as_json(self) -> dict[str, Any]:
        """Give the fields under their names."""
        return asdict(self)


@dataclass(frozen=True)
class Line:
    """The state of one process: `ready`, `running` (not ready), or `stopped`."""

    name: str
    state: str
    address: str
    pid: int | None = None
    seconds: float = 0.0
    bytes: int = 0


def addresses(platform: Platform) -> Addresses:
    """Give the addresses of an installation."""
    server = f"postgresql://127.0.0.1:{platform.postgres.port}"
    return Addresses(platform.gateway, platform.addresses, platform.kafka.bootstrap, server)


def survey(platform: Platform) -> list[Line]:
    """Look at every process."""
    where = {"gateway": platform.gateway, **platform.addresses}
    servers = {"mailbox": platform.mailbox, "kafka": platform.kafka.bootstrap, "postgres": addresses(platform).postgres}
    with ThreadPoolExecutor() as threads:
        ready = dict(zip(where, threads.map(ask, where.values()), strict=True))
    rows = {**where, **servers, SUPERVISOR: ""}
    return [
        _look(platform, name, address, ready=name not in ready or ready[name].ready) for name, address in rows.items()
    ]


def _look(platform: Platform, name: str, address: str, *, ready: bool) -> Line:
    child = platform.recall(name)
    if child is None:
        return Line(name, "stopped", address)
    try:
        process = psutil.Process(child.pid)
        # Only the database server's children are part of it: everything else was started by the supervisor.
        backends = process.children() if name == postgres.NAME else []
        size = sum(_private(each) for each in (process, *backends))
        age = time.time() - process.create_time()
    except psutil.Error:
        return Line(name, "stopped", address)
    return Line(name, "ready" if ready else "running", address, child.pid, age, size)


def _private(process: psutil.Process) -> int:
    # Shared buffers are counted in every backend's resident size: without them, once, is nearer to the truth.
    try:
        memory = process.memory_info()
    except psutil.NoSuchProcess:  # a backend that ended since: the server goes on
        return 0
    return int(memory.rss - getattr(memory, "shared", 0))
