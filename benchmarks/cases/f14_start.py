"""F14: from the start of a process until it is ready, and what it holds in memory while nothing happens."""

from __future__ import annotations

import signal
import sys
import time
from dataclasses import dataclass
from statistics import median

import psutil

from benchmarks.figures import Figure, Goal, Measure, Round
from benchmarks.rounds import rotated
from benchmarks.stage import SERVICES, LateError, Stage
from guanxi_local.children import Child, spawn
from guanxi_local.readiness import ask

_START = Goal("at most", must=3.0, aim=1.5)
_MEMORY = Goal("at most", must=200.0, aim=120.0)
_BARE = "bare"
_SETTLE_S = 1.5


@dataclass(frozen=True, slots=True)
class Found:
    """One start: seconds until ready, then resident and private megabytes."""

    seconds: float
    resident: float
    private: float


def run(stage: Stage, rounds: int) -> Figure:
    """Start each service anew in each round, and beside them a service with nothing of ours in it."""
    stage.bring_back()
    parts = {name: (lambda name=name: _restart(stage, name)) for name in SERVICES} | {_BARE: lambda: _bare(stage)}
    found = [rotated(number, parts) for number in range(rounds)]
    measures = [_measure(name, found, memory=False) for name in SERVICES]
    measures += [_measure(name, found, memory=True) for name in SERVICES]
    return Figure("F14", "start to ready; idle memory", measures)


def _measure(name: str, found: list[dict[str, Found]], *, memory: bool) -> Measure:
    if not memory:
        rounds = [Round(one[name].seconds, one[_BARE].seconds) for one in found]
        return Measure(f"start {name}", "s", "bare app of the same libraries", _START, rounds)
    rounds = [Round(one[name].resident, one[_BARE].resident) for one in found]
    private = median(one[name].private for one in found)
    return Measure(f"memory {name}", "MB", "bare app, resident", _MEMORY, rounds, f"{private:.0f} MB of it private")


def _restart(stage: Stage, name: str) -> Found:
    stage.platform.take_down(name)
    began = time.perf_counter()
    stage.platform.bring_back(name)
    return _look(stage.platform.pid(name), time.perf_counter() - began)


def _bare(stage: Stage) -> Found:
    port = stage.platform.state.ports.settle([_BARE])[_BARE]
    url = stage.platform.postgres_url("interactions", owner=False)
    program = [sys.executable, "-m", "benchmarks.processes.bare"]
    began = time.perf_counter()
    child = spawn([*program, "--url", url, "--port", str(port)], log=stage.platform.state.logs / "bare.log")
    try:
        _await_ready(child, port)
        return _look(child.pid, time.perf_counter() - began)
    finally:
        child.stop(signal.SIGTERM, 10)


def _await_ready(child: Child, port: int) -> None:
    # Looked at as often as the runner looks at a service.
    while not ask(f"http://127.0.0.1:{port}").ready:
        if not child.alive:
            raise LateError("the bare app has ended")
        time.sleep(0.1)


def _look(pid: int, seconds: float) -> Found:
    time.sleep(_SETTLE_S)
    memory = psutil.Process(pid).memory_full_info()
    return Found(seconds, memory.rss / 1e6, memory.uss / 1e6)
