"""One installation: two servers, five databases, five services and the gateway, started in the order they need."""

from __future__ import annotations

import secrets
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from guanxi_local import kafka, mailbox, postgres, preparation
from guanxi_local.children import Child
from guanxi_local.failures import Failure
from guanxi_local.gateway_process import GATEWAY, gateway_command, gateway_environment
from guanxi_local.kafka import Kafka
from guanxi_local.ports import HOST
from guanxi_local.postgres import Postgres
from guanxi_local.processes import Service, Surroundings, address, serve_command
from guanxi_local.readiness import wait_ready
from guanxi_local.roles import Database, describe
from guanxi_local.state import State
from guanxi_local.stopping import Report, halt, silent, stop_all

SERVER_PORTS = (postgres.NAME, kafka.NAME, f"{kafka.NAME}-controller")


def settle_ports(
    state: State, services: Sequence[Service], *, own_servers: bool = True, gateway: int | None = None
) -> dict[str, int]:
    """Choose the ports of an installation that is about to start, the gateway's as a person wants it."""
    servers = SERVER_PORTS if own_servers else ()
    names = (*servers, mailbox.NAME, GATEWAY, *(service.name for service in services))
    return state.ports.settle(names, pinned={GATEWAY: gateway} if gateway else None)


class Platform:
    """All processes of one installation; the servers may be another folder's, then they are used and left alone.

    Its ports are those that were settled for a start; without them, those of the last.
    """

    def __init__(  # noqa: PLR0913 - keyword-only
        self,
        state: State,
        services: Sequence[Service],
        *,
        ports: Mapping[str, int] | None = None,
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
        self._ending = threading.Event()
        self._ports = dict.fromkeys((*SERVER_PORTS, mailbox.NAME, GATEWAY, *self.services), 0)
        self._ports |= state.ports.read() if ports is None else ports
        own = [self._ports[name] for name in SERVER_PORTS]
        self.postgres, self.kafka = servers or (Postgres(state, own[0]), Kafka(state, own[1], own[2]))
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

    def start(self, report: Report = silent, ending: threading.Event | None = None) -> None:
        """Bring everything up and return when every part says that it is ready.

        Once `ending` is set no further step begins and a `Failure` is raised; what runs is for the caller to stop.
        """
        self._ending = ending or self._ending
        preparation.ensure_issuer(self.state)
        with ThreadPoolExecutor() as threads:
            _all([threads.submit(self._prepare_databases, report), threads.submit(self._prepare_topics, report)])
            self._launch_unless_ending(mailbox.NAME)
            self._launch_unless_ending(GATEWAY)
            _all([threads.submit(self._start_service, name, report) for name in self.services])
        self._step(GATEWAY, report, lambda: wait_ready(self.state, GATEWAY, self.gateway))

    def stop(self, report: Report = silent) -> None:
        """Stop everything: the gateway, the services, and the servers if they are its own."""
        stop_all(self.state, report)

    def launch(self, name: str) -> Child:
        """Start one process if it does not run; a server is waited for, a service is not."""
        running = self.recall(name)
        if running is not None:
            return running
        if name == postgres.NAME:
            return self.postgres.start()
        if name == kafka.NAME:
            return self.kafka.start()
        return self.state.records.start(name, self._command(name), env=self._environment(name))

    def launch_apart(
        self, name: str, role: str, port: int | None = None, settings: Mapping[str, str] | None = None
    ) -> tuple[str, str]:
        """Start a further process of a service in one role, at a new port unless one is given; nobody watches over it.

        Gives the name under which it is halted, and its address. `settings` are told to it beside its own.
        """
        number = port or self.state.ports.settle([f"{name}-{role}-{secrets.token_hex(3)}"]).popitem()[1]
        member = f"{name}-{role}-{number}"
        command = serve_command(self.services[name], number, role)
        environment = {**self._around.environment(self.database(name)), **(settings or {})}
        self.state.records.start(member, command, env=environment)
        return member, address(number)

    def halt(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop one process; a server in its own clean way unless it is to be killed."""
        halt(self._home(name), name, number)

    def recall(self, name: str) -> Child | None:
        """Give a process if it runs."""
        return self._home(name).records.recall(name)

    def _home(self, name: str) -> State:
        return {postgres.NAME: self.postgres.state, kafka.NAME: self.kafka.state}.get(name, self.state)

    def _prepare_databases(self, report: Report) -> None:
        self._step(postgres.NAME, report, self.postgres.start)
        preparation.make_databases(self.postgres, [s.database for s in self.services.values()], self._suffix)
        with ThreadPoolExecutor() as threads:
            self._step("migrations", report, lambda: list(threads.map(self._migrate, self.services)))

    def _prepare_topics(self, report: Report) -> None:
        self._step(kafka.NAME, report, self.kafka.start)
        self._step("topics", report, lambda: preparation.make_topics(self.kafka, self._prefix))

    def _migrate(self, name: str) -> None:
        database = self.database(name)
        environment = self._around.migration_environment(database)
        preparation.migrate(self.postgres, database.name, self.services[name], environment)

    def _start_service(self, name: str, report: Report) -> None:
        def start() -> None:
            self.launch(name)
            wait_ready(self.state, name, self.addresses[name])

        self._step(name, report, start)

    def _step(self, step: str, report: Report, work: Callable[[], object]) -> None:
        self._go_on()
        report(step, "starting")
        work()
        report(step, "ready")

    def _launch_unless_ending(self, name: str) -> None:
        self._go_on()
        self.launch(name)

    def _go_on(self) -> None:
        if self._ending.is_set():
            message = "it was stopped before it was up"
            raise Failure(message)

    def _command(self, name: str) -> list[str]:
        port = self._ports[name]
        if name == GATEWAY:
            return gateway_command(port)
        if name == mailbox.NAME:
            return mailbox.command(port, self.state.root / "mail")
        return serve_command(self.services[name], port)

    def _environment(self, name: str) -> Mapping[str, str] | None:
        if name == mailbox.NAME:
            return None
        return gateway_environment(self.addresses) if name == GATEWAY else self._around.environment(self.database(name))


def _all(futures: Sequence[Future[None]]) -> None:
    """Wait for all, then raise the first failure: half of a start must not go on while the other half is reported."""
    wait(futures)
    for future in futures:
        future.result()
