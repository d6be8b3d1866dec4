"""One installation: two servers, five databases, five services and the gateway, started in the order they need."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from guanxi_local import kafka, mailbox, postgres, preparation
from guanxi_local.children import Child, spawn
from guanxi_local.gateway_process import GATEWAY, gateway_command, gateway_environment
from guanxi_local.kafka import Kafka
from guanxi_local.ports import HOST
from guanxi_local.postgres import Postgres
from guanxi_local.processes import Service, Surroundings, address, serve_command
from guanxi_local.readiness import wait_ready
from guanxi_local.roles import Database, describe
from guanxi_local.state import State

SERVER_PORTS = (postgres.NAME, kafka.NAME, f"{kafka.NAME}-controller")
_GRACE_S = 12.0

Report = Callable[[str, str], None]
"""Told of each step: its name, and `starting` or `ready`."""


def silent(_step: str, _news: str) -> None:
    """Tell nobody."""


class Platform:
    """All processes of one installation; the servers may be another folder's, then they are used and left alone."""

    def __init__(  # noqa: PLR0913 - keyword-only
        self,
        state: State,
        services: Sequence[Service],
        *,
        servers: tuple[Postgres, Kafka] | None = None,
        topic_prefix: str = "",
        database_suffix: str = "",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.state = state
        self.services = {service.name: service for service in services}
        self._own_servers = servers is None
        self._suffix = database_suffix
        self._prefix = topic_prefix
        self._ports = self._settle_ports()
        self.postgres, self.kafka = servers or (
            Postgres(state, self._ports[SERVER_PORTS[0]]),
            Kafka(state, self._ports[SERVER_PORTS[1]], self._ports[SERVER_PORTS[2]]),
        )
        around = {**mailbox.settings(self._ports[mailbox.NAME]), **(settings or {})}
        self._around = Surroundings(state, self.kafka.bootstrap, topic_prefix, self.gateway, around)

    @property
    def gateway(self) -> str:
        """The one address for people and apps."""
        return address(self._ports[GATEWAY])

    @property
    def addresses(self) -> dict[str, str]:
        """The address of each service."""
        return {name: address(self._ports[name]) for name in self.services}

    @property
    def mailbox(self) -> str:
        """The address of the local SMTP server; what it took lies in the state folder, under `mail`."""
        return f"{HOST}:{self._ports[mailbox.NAME]}"

    @property
    def names(self) -> list[str]:
        """The processes, in the order in which they are stopped."""
        servers = [kafka.NAME, postgres.NAME] if self._own_servers else []
        return [GATEWAY, *self.services, mailbox.NAME, *servers]

    def database(self, name: str) -> Database:
        """Give the database of a service."""
        roles_of = self.services[name].database
        return describe(self.postgres, roles_of, roles_of + self._suffix)

    def start(self, report: Report = silent) -> None:
        """Bring everything up and return when every part says that it is ready."""
        preparation.ensure_issuer(self.state)
        with ThreadPoolExecutor() as threads:
            _all([threads.submit(self._prepare_databases, report), threads.submit(self._prepare_topics, report)])
            self.launch(mailbox.NAME)
            self.launch(GATEWAY)
            _all([threads.submit(self._start_service, name, report) for name in self.services])
        _reported(GATEWAY, report, lambda: wait_ready(self.state, GATEWAY, self.gateway))

    def stop(self, report: Report = silent) -> None:
        """Stop everything: the gateway, the services, Kafka, PostgreSQL."""
        self.halt(GATEWAY)
        report(GATEWAY, "stopped")
        with ThreadPoolExecutor() as threads:
            list(threads.map(self.halt, self.services))
        for name in self.names[1:]:
            self.halt(name)
            report(name, "stopped")

    def launch(self, name: str) -> Child:
        """Start one process if it does not run; a server is waited for, a service is not."""
        running = self.recall(name)
        if running is not None:
            return running
        if name == postgres.NAME:
            return self.postgres.start()
        if name == kafka.NAME:
            return self.kafka.start()
        child = self._spawn(name)
        self.state.records.remember(name, child)
        return child

    def launch_apart(self, name: str, role: str, port: int | None = None) -> tuple[str, str]:
        """Start a further process of a service in one role, at a new port unless one is given; nobody watches over it.

        Gives the name under which it is halted, and its address.
        """
        number = port or self.state.ports.settle([f"{name}-{role}-{secrets.token_hex(3)}"]).popitem()[1]
        member = f"{name}-{role}-{number}"
        environment = self._around.environment(self.database(name))
        command = serve_command(self.services[name], number, role)
        child = spawn(command, log=self.state.logs / f"{member}.log", env=environment)
        self.state.records.remember(member, child)
        return member, address(number)

    def halt(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop one process; a server in its own clean way unless it is to be killed."""
        kill = number == signal.SIGKILL
        if name == postgres.NAME:
            self.postgres.stop("kill" if kill else "fast")
        elif name == kafka.NAME:
            self.kafka.stop("kill" if kill else "term")
        else:
            running = self.recall(name)
            if running is not None:
                running.stop(number, _GRACE_S)
            self.state.records.forget(name)

    def recall(self, name: str) -> Child | None:
        """Give a process if it runs."""
        servers = {postgres.NAME: self.postgres.state, kafka.NAME: self.kafka.state}
        return servers.get(name, self.state).records.recall(name)

    def _settle_ports(self) -> dict[str, int]:
        servers = SERVER_PORTS if self._own_servers else ()
        names = (*servers, mailbox.NAME, GATEWAY, *self.services)
        keep = [name for name in names if self.state.records.recall(name.removesuffix("-controller"))]
        return self.state.ports.settle(names, keep=keep)

    def _prepare_databases(self, report: Report) -> None:
        _reported(postgres.NAME, report, self.postgres.start)
        preparation.make_databases(self.postgres, [s.database for s in self.services.values()], self._suffix)
        with ThreadPoolExecutor() as threads:
            _reported("migrations", report, lambda: list(threads.map(self._migrate, self.services)))

    def _prepare_topics(self, report: Report) -> None:
        _reported(kafka.NAME, report, self.kafka.start)
        _reported("topics", report, lambda: preparation.make_topics(self.kafka, self._prefix))

    def _migrate(self, name: str) -> None:
        database = self.database(name)
        environment = self._around.environment(database)
        preparation.migrate(self.postgres, database.name, self.services[name], environment)

    def _start_service(self, name: str, report: Report) -> None:
        def start() -> None:
            self.launch(name)
            wait_ready(self.state, name, self.addresses[name])

        _reported(name, report, start)

    def _spawn(self, name: str) -> Child:
        if name == GATEWAY:
            return self._spawn_gateway()
        if name == mailbox.NAME:
            command = mailbox.command(self._ports[mailbox.NAME], self.state.root / "mail")
            return spawn(command, log=self.state.logs / f"{mailbox.NAME}.log")
        return self._spawn_service(name)

    def _spawn_service(self, name: str) -> Child:
        command = serve_command(self.services[name], self._ports[name])
        environment = self._around.environment(self.database(name))
        return spawn(command, log=self.state.logs / f"{name}.log", env=environment)

    def _spawn_gateway(self) -> Child:
        environment = gateway_environment(self.addresses)
        return spawn(gateway_command(self._ports[GATEWAY]), log=self.state.logs / "gateway.log", env=environment)


def _reported(step: str, report: Report, work: Callable[[], object]) -> None:
    report(step, "starting")
    work()
    report(step, "ready")


def _all(futures: Sequence[Future[None]]) -> None:
    """Wait for all, then raise the first failure: half of a start must not go on while the other half is reported."""
    wait(futures)
    for future in futures:
        future.result()
