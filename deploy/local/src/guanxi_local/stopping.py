"""Stopping what runs for a state folder, by its records and marks alone: that needs no table and no free disk."""

from __future__ import annotations

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from guanxi_local import kafka, postgres
from guanxi_local.gateway_process import GATEWAY
from guanxi_local.kafka import Kafka
from guanxi_local.orphans import end_orphans
from guanxi_local.postgres import Postgres
from guanxi_local.state import State

SUPERVISOR = "supervisor"
_GRACE_S = 12.0

Report = Callable[[str, str], None]
"""Told of each step: its name, and `starting`, `ready` or `stopped`."""


def silent(_step: str, _news: str) -> None:
    """Tell nobody."""


def halt(state: State, name: str, number: signal.Signals = signal.SIGTERM) -> None:
    """Stop one process; a server in its own clean way unless it is to be killed."""
    kill = number == signal.SIGKILL
    if name == postgres.NAME:
        Postgres(state, 0).stop("kill" if kill else "fast")
    elif name == kafka.NAME:
        Kafka(state, 0, 0).stop("kill" if kill else "term")
    else:
        running = state.records.recall(name)
        if running is not None:
            running.stop(number, _GRACE_S)
        state.records.forget(name)


def stop_all(state: State, report: Report = silent) -> bool:
    """Stop everything but the supervisor: the gateway, the services, Kafka, PostgreSQL; False when nothing ran."""
    names = [name for name in state.records.names() if name != SUPERVISOR]
    ran = any(state.records.recall(name) for name in names)
    last = (kafka.NAME, postgres.NAME)
    with ThreadPoolExecutor() as threads:
        for group in ([GATEWAY], [name for name in names if name not in (GATEWAY, *last)], *([name] for name in last)):
            for name in threads.map(lambda name: _halted(state, name), group):
                report(name, "stopped")
    end_orphans(state.root)
    return ran


def _halted(state: State, name: str) -> str:
    halt(state, name)
    return name
