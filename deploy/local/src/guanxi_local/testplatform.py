"""The whole platform in the hands of a test: its doors, its databases, and the ways to break and mend it."""

from __future__ import annotations

import secrets
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from guanxi_local import kafka, postgres
from guanxi_local.children import Child
from guanxi_local.failures import Failure
from guanxi_local.files import tail
from guanxi_local.kafka import Kafka
from guanxi_local.platform import Platform, settle_ports
from guanxi_local.postgres import Postgres
from guanxi_local.processes import read_processes
from guanxi_local.readiness import wait_ready
from guanxi_local.state import State, open_state
from guanxi_local.tokens import mint
from guanxi_local.watch import Watch


class TestPlatform:
    """A running platform that is watched over as in `guanxi up`: what is killed comes back by itself."""

    __test__ = False

    def __init__(
        self,
        root: Path,
        *,
        servers: tuple[Postgres, Kafka] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.database_suffix = f"_{secrets.token_hex(4)}" if servers else ""
        self.topic_prefix = f"p{secrets.token_hex(4)}." if servers else ""
        self.state: State = open_state(root)[0]
        services = read_processes()
        self._platform = Platform(
            self.state,
            services,
            ports=settle_ports(self.state, services, own_servers=servers is None),
            servers=servers,
            topic_prefix=self.topic_prefix,
            database_suffix=self.database_suffix,
            settings=settings,
        )
        self._said: list[str] = []
        self._apart: dict[str, str] = {}
        self._watch = Watch(self._platform, self._said.append)

    @property
    def gateway(self) -> str:
        """The address for people and apps."""
        return self._platform.gateway

    @property
    def kafka(self) -> str:
        """The broker's address."""
        return self._platform.kafka.bootstrap

    @property
    def restarts(self) -> list[str]:
        """What the watch had to do, as it tells it."""
        return list(self._said)

    @property
    def databases(self) -> list[str]:
        """The names of the five databases."""
        return [self._platform.database(name).name for name in self._platform.services]

    def service(self, name: str) -> str:
        """Give the address of one service."""
        return self._platform.addresses[name]

    def postgres_url(self, service: str | None = None, *, owner: bool = True) -> str:
        """Give the address of a service's database for its owner or runtime role; the superuser's without a name."""
        if service is None:
            return self._platform.postgres.url()
        database = self._platform.database(service)
        return database.owner_url if owner else database.runtime_url

    def token(self, **claims: Any) -> str:
        """Sign a token; without claims a head-office administrator's."""
        return mint(self.state, **claims)

    def log(self, name: str) -> str:
        """Give the end of a process's log."""
        return tail(self.state.logs / f"{name}.log", 64 * 1024)

    def start(self) -> None:
        """Bring everything up and watch over it."""
        self._platform.start()
        self._watch.begin()

    def stop(self) -> None:
        """Stop everything."""
        self._watch.end()
        for member in list(self._apart):
            self.end_apart(member)
        self._platform.stop()

    def pid(self, name: str) -> int:
        """Give the process id of a part."""
        return self._child(name).pid

    def kill(self, name: str) -> None:
        """Kill -9 one part; the watch brings it back."""
        self._child(name).stop(signal.SIGKILL, 5)

    def pause(self, name: str) -> None:
        """Freeze one part (SIGSTOP)."""
        self._child(name).send(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let a frozen part go on."""
        self._child(name).send(signal.SIGCONT)

    def take_down(self, name: str) -> None:
        """Stop one part cleanly and keep it down."""
        self._child(name)
        self._watch.hold(name)
        self._platform.halt(name)

    def bring_back(self, name: str) -> None:
        """Start a part that was taken down, and wait until it is ready."""
        self._platform.launch(name)
        self._watch.release(name)
        self.wait_ready(name)

    def restart(self, name: str) -> None:
        """Stop one part cleanly and start it again."""
        self.take_down(name)
        self.bring_back(name)

    def start_apart(self, name: str, role: str, *, in_place: bool = False) -> str:
        """Start a further process of a service in one role and give its name; `in_place` takes the service's own port.

        Nobody watches over it. A worker is not waited for; an API is.
        """
        port = int(self.service(name).rpartition(":")[2]) if in_place else None
        member, url = self._platform.launch_apart(name, role, port)
        self._apart[member] = url
        if role != "worker":
            wait_ready(self.state, member, url)
        return member

    def die_at(self, name: str, point: str, seconds: float = 60) -> str:
        """Run a service in the place of its own process until it dies at a named step; gives the end of its log.

        Its own process is down meanwhile, and stays down. Raises `Failure` when it does not come to that step in time.
        """
        self.take_down(name)
        port = int(self.service(name).rpartition(":")[2])
        member, _ = self._platform.launch_apart(name, "all", port, {"GUANXI_CRASH_AT": point})
        deadline = time.monotonic() + seconds
        while self._platform.recall(member) is not None:
            if time.monotonic() > deadline:
                self._platform.halt(member, signal.SIGKILL)
                message = f"{name} has not come to {point} in {seconds:.0f} s"
                raise Failure(message)
            time.sleep(0.05)
        return self.log(member)

    def end_apart(self, member: str, number: signal.Signals = signal.SIGTERM) -> None:
        """End a process that was started apart."""
        child = self._platform.recall(member)
        if child is not None:
            child.send(signal.SIGCONT)
        self._platform.halt(member, number)
        del self._apart[member]

    def stop_kafka(self) -> None:
        """Take the broker down."""
        self.take_down(kafka.NAME)

    def start_kafka(self) -> None:
        """Bring the broker back."""
        self.bring_back(kafka.NAME)

    def cut_kafkas_power(self, forget: Callable[[Path], None]) -> None:
        """End the broker as a power cut would, let `forget` spoil what lies on its disk, and start it again.

        `forget` gets the broker's data folder.
        """
        child = self._child(kafka.NAME)
        self._watch.hold(kafka.NAME)
        child.stop(signal.SIGKILL, 5)
        forget(self._platform.kafka.home / "data")
        self.bring_back(kafka.NAME)

    def restart_postgres(self, mode: Literal["fast", "immediate"]) -> None:
        """End the database server, `fast` with its sessions or `immediate` as a power cut would, and start it again."""
        self._child(postgres.NAME)
        self._watch.hold(postgres.NAME)
        self._platform.postgres.stop(mode)
        self.bring_back(postgres.NAME)

    def wait_ready(self, *names: str, seconds: float = 30) -> None:
        """Wait until parts are ready, all services and the gateway when none is named."""
        for name in names or (*self._platform.services, "gateway"):
            if name not in (postgres.NAME, kafka.NAME):
                url = self.gateway if name == "gateway" else self._apart.get(name) or self.service(name)
                wait_ready(self.state, name, url, seconds, may_die=True)

    def wait_back(self, name: str, seconds: float = 30) -> None:
        """Wait until a part that was killed runs again, as another process."""
        deadline = time.monotonic() + seconds
        while self._platform.recall(name) is None:
            if time.monotonic() > deadline:
                message = f"{name} is not back after {seconds:.0f} s: {self.restarts[-3:]}"
                raise Failure(message)
            time.sleep(0.1)

    def _child(self, name: str) -> Child:
        if name not in self._platform.names and name not in self._apart:
            message = f"{name} is shared with other tests; to break it take the fixture own_platform"
            raise Failure(message)
        child = self._platform.recall(name)
        if child is None:
            message = f"{name} does not run"
            raise Failure(message)
        return child
