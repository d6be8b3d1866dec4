"""Processes that were started for a state folder and are in no record, because their starter was killed meanwhile."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil

from guanxi_local.children import MARK, Child, identify

_ROUNDS = 5


def end_orphans(root: Path, *, below: bool = False, grace: float = 5.0) -> None:
    """End whatever carries the mark of a state folder, or of one below it, and wait until it is gone.

    Whoever asks is left alone; what it does not give up within the grace, in seconds, is killed.
    """
    for _ in range(_ROUNDS):
        found = _marked(root.resolve(), below=below)
        if not found:
            return
        for child in found:
            child.send(signal.SIGTERM if grace else signal.SIGKILL)
        deadline = time.monotonic() + grace
        for child in found:
            if not child.wait(max(0.0, deadline - time.monotonic())):
                child.stop(signal.SIGKILL, 5)


def _marked(root: Path, *, below: bool) -> list[Child]:
    found = []
    for process in psutil.process_iter():
        mark = _mark(process)
        if mark and process.pid != os.getpid() and (mark == root or (below and root in mark.parents)):
            found.append(identify(process.pid))
    return [child for child in found if child]


def _mark(process: psutil.Process) -> Path | None:
    try:
        mark = process.environ().get(MARK)
    except (psutil.Error, OSError):  # gone, or somebody else's
        return None
    return Path(mark) if mark else None
