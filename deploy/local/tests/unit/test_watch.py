"""Keeping processes alive, whatever goes wrong while one is started again."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from guanxi_local import watch
from guanxi_local.platform import Platform
from guanxi_local.watch import Watch, next_pause


class Dying:
    """A platform of one process, which cannot be started at first."""

    names = ("kafka",)

    def __init__(self) -> None:
        self.attempts = 0
        self.runs = threading.Event()

    def recall(self, _name: str) -> Any:
        return self if self.runs.is_set() else None

    def launch(self, _name: str) -> None:
        self.attempts += 1
        if self.attempts < 3:
            message = "nobody foresaw this"
            raise RuntimeError(message)
        self.runs.set()


def test_an_error_that_nobody_foresaw_is_told_and_the_next_attempt_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_LOOK_S", 0.01)
    monkeypatch.setattr(watch, "_FIRST_PAUSE_S", 0.01)
    platform, said = Dying(), list[str]()
    keeper = Watch(cast("Platform", platform), said.append)
    keeper.begin()
    assert platform.runs.wait(30)
    keeper.end()
    assert said.count("kafka cannot be started: RuntimeError: nobody foresaw this") == 2


def test_a_process_that_keeps_dying_is_started_ever_more_slowly() -> None:
    pauses = [0.5]
    for _ in range(10):
        pauses.append(next_pause(pauses[-1], lived=1))
    assert pauses == sorted(pauses)
    assert pauses[-1] == 30


def test_a_process_that_lived_long_is_started_again_at_once() -> None:
    assert next_pause(30, lived=120) == 0.5
