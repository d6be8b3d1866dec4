"""What `guanxi status` says of a process while others come and go."""

from __future__ import annotations

import os
import sys

import psutil

from guanxi_local.inspection import _private


def test_a_backend_that_ends_while_one_looks_counts_as_nothing() -> None:
    ended = psutil.Popen([sys.executable, "-c", ""])
    backend = psutil.Process(ended.pid)
    ended.wait()
    assert _private(backend) == 0
    assert _private(psutil.Process(os.getpid())) > 0
