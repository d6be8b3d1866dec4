"""Running one of these programs: a model of what it is told on its input, a model of what it found on its output."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TypeVar

from pydantic import BaseModel

from guanxi_local.checkout import checkout

M = TypeVar("M", bound=BaseModel)
_PATIENCE_S = 300


class ProcessError(Exception):
    """A program of the benchmark failed."""


def run(name: str, told: BaseModel, found: type[M]) -> M:
    """Run `benchmarks.processes.<name>` to its end."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.processes.{name}"],
        input=told.model_dump_json().encode(),
        cwd=checkout(),
        capture_output=True,
        timeout=_PATIENCE_S,
        check=False,
        env={key: value for key, value in os.environ.items() if not key.startswith("PG")},
    )
    if done.returncode != 0:
        raise ProcessError(f"{name}: {done.stderr.decode(errors='replace')[-2000:]}")
    return found.model_validate_json(done.stdout.splitlines()[-1])
