"""The two servers of a test session as containers of the official images, instead of child processes.

Asked for with GUANXI_TEST_SERVERS=containers; needs a Docker engine and one process of pytest (`-n 0`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from guanxi_local.database_server import SUPERUSER
from guanxi_local.kafka import Kafka
from guanxi_local.ports import HOST
from guanxi_local.postgres import Postgres
from guanxi_local.testservers import TestServers

_POSTGRES, _KAFKA = "postgres:18", "apache/kafka:4.3.0"
_READY = "ready to accept connections"
_START_S = 120
_BROKER = {
    "KAFKA_HEAP_OPTS": "-Xms128m -Xmx384m",
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    # The broker speaks to itself as well (of transactions), and cannot reach the machine's port from inside.
    "KAFKA_LISTENERS": "PLAINTEXT://:9092,INSIDE://localhost:9094,CONTROLLER://localhost:9093",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_INTER_BROKER_LISTENER_NAME": "INSIDE",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "4",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
}


@dataclass(frozen=True)
class ContainerServers(TestServers):
    """Starts each container when the first test asks for it, and removes both at the end."""

    _running: dict[str, DockerContainer] = field(default_factory=dict)

    def postgres(self) -> Postgres:
        """Give the running database server."""
        port = self._port("postgres")
        password = self.state.passwords([SUPERUSER])[SUPERUSER]
        asked = DockerContainer(_POSTGRES).with_bind_ports(5432, port).with_env("POSTGRES_PASSWORD", password)
        asked = asked.with_command("postgres -c max_connections=300 -c timezone=UTC")
        # The first time it says so, only its own start-up scripts are served.
        self._start("postgres", asked, LogMessageWaitStrategy(_READY, times=2))
        return Postgres(self.state, port)

    def kafka(self) -> Kafka:
        """Give the running broker."""
        port = self._port("kafka")
        asked = DockerContainer(_KAFKA).with_bind_ports(9092, port)
        advertised = f"PLAINTEXT://{HOST}:{port},INSIDE://localhost:9094"
        for name, value in {**_BROKER, "KAFKA_ADVERTISED_LISTENERS": advertised}.items():
            asked = asked.with_env(name, value)
        self._start("kafka", asked, LogMessageWaitStrategy("Kafka Server started"))
        return Kafka(self.state, port, 0)

    def close(self) -> None:
        """Remove the containers."""
        while self._running:
            self._running.popitem()[1].stop()

    def _port(self, name: str) -> int:
        return self.state.ports.settle([name], keep=[name] if name in self._running else [])[name]

    def _start(self, name: str, asked: DockerContainer, ready: LogMessageWaitStrategy) -> None:
        if name not in self._running:
            self._running[name] = asked.waiting_for(ready.with_startup_timeout(_START_S)).start()
