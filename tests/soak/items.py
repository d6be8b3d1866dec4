"""What a soak runs: every test of faults and attacks, one pytest process each, so that none takes another down."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_SEED = re.compile(r"SEED=(\d+)")
_RECOVERY = re.compile(r"Recovery\(ready=([\d.]+), drained=([\d.]+), converged=([\d.]+)\)")
_MEMORY = re.compile(r"^memory: (\{.*\})$", re.MULTILINE)
_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one test."""

    name: str
    outcome: str
    seconds: float
    seed: str | None = None
    recoveries: list[tuple[float, float, float]] = field(default_factory=list)
    """Seconds until ready, drained and converged, for each fault."""
    memory: dict[str, Any] | None = None
    said: str = ""
    """The end of its output, where it failed."""


class Run:
    """One soak's folder: a line for each test that has ended."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "results.jsonl"

    def results(self) -> list[Result]:
        """What has ended so far; of a test that was run again the last."""
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        found = (Result(**json.loads(line)) for line in lines)
        return list({one.name: one for one in found}.values())

    def add(self, result: Result) -> None:
        """Keep a result."""
        with self._path.open("a") as file:
            file.write(json.dumps(asdict(result)) + "\n")


def names(only: str) -> list[str]:
    """Every test of faults and attacks by its node id; those that contain `only`."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:randomly", "-m", "faults or attacks"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=_environment())
    assert done.returncode == 0, f"the tests could not be collected:\n{done.stdout[-_KEPT:]}{done.stderr[-_KEPT:]}"
    tests = [line for line in done.stdout.splitlines() if "::" in line]
    faults = [name for name in tests if name.startswith("tests/faults")]
    # The attacks share one platform: a module is one item.
    modules = dict.fromkeys(name.partition("::")[0] for name in tests if name.startswith("tests/attacks"))
    return [name for name in (*faults, *modules) if only in name]


def run(name: str) -> Result:
    """Run one at its long count."""
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:randomly", name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=_environment())
    said = done.stdout + done.stderr
    seed, memory = _SEED.search(said), _MEMORY.search(said)
    return Result(
        name,
        "passed" if done.returncode == 0 else "failed",
        round(time.monotonic() - began, 1),
        seed[1] if seed else None,
        list(_recoveries(said)),
        json.loads(memory[1]) if memory else None,
        said[-_KEPT:] if done.returncode else "",
    )


def _recoveries(said: str) -> Iterator[tuple[float, float, float]]:
    for ready, drained, converged in _RECOVERY.findall(said):
        yield float(ready), float(drained), float(converged)


def _environment() -> dict[str, str]:
    return {**os.environ, "ROUNDS": os.environ.get("ROUNDS", "soak")}
