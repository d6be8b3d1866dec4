"""Folders for servers of a test's own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from guanxi_local.kafka import Kafka
from guanxi_local.postgres import Postgres
from guanxi_local.state import State, open_state, reset
from guanxi_local.stopping import stop_all
from guanxi_local.testservers import TestServers


@pytest.fixture
def state(servers: TestServers) -> Iterator[State]:
    """A state folder that the database server's account can pass to; what runs in it is killed when the test ends."""
    opened = open_state(servers.state.root / f"own-{secrets.token_hex(4)}")[0]
    yield opened
    Postgres(opened, 0).stop("kill")
    Kafka(opened, 0, 0).stop("kill")
    stop_all(opened)
    reset(opened)


@pytest.fixture
def own_postgres(state: State) -> Postgres:
    return Postgres(state, state.ports.settle(["postgres"])["postgres"])


@pytest.fixture
def own_kafka(state: State) -> Kafka:
    ports = state.ports.settle(["kafka", "kafka-controller"])
    return Kafka(state, ports["kafka"], ports["kafka-controller"])
