"""Folders for servers of a test's own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from guanxi_local.kafka import Kafka
from guanxi_local.postgres import Postgres
from guanxi_local.state import State, open_state, reset


@pytest.fixture
def state() -> Iterator[State]:
    """A state folder that the database server's account can pass to; what runs in it is killed when the test ends."""
    with tempfile.TemporaryDirectory(prefix="guanxi-own-") as name:
        Path(name).chmod(0o711)
        opened = open_state(Path(name) / "state")[0]
        yield opened
        Postgres(opened, 0).stop("kill")
        Kafka(opened, 0, 0).stop("kill")
        reset(opened)


@pytest.fixture
def own_postgres(state: State) -> Postgres:
    return Postgres(state, state.ports.settle(["postgres"])["postgres"])


@pytest.fixture
def own_kafka(state: State) -> Kafka:
    ports = state.ports.settle(["kafka", "kafka-controller"])
    return Kafka(state, ports["kafka"], ports["kafka-controller"])
