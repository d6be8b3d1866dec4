"""Logs that are followed while their files come and go."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from guanxi_local import logs


def test_a_log_that_is_gone_for_a_while_is_followed_from_its_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "kafka.log"
    log.write_text("of an earlier start\n")
    happens: list[Callable[[], object]] = [log.unlink, lambda: log.write_text("begun\n")]
    monkeypatch.setattr(time, "sleep", lambda _: happens.pop(0)())
    seen = logs.follow([log])
    assert next(seen) == ("kafka", "begun")
