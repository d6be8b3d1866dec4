"""The two servers and the databases that a test session shares over all its workers."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

from guanxi_local.children import Child, Records, own
from guanxi_local.databases import create_database, ensure_roles, grant, mark_migrated, superuser
from guanxi_local.failures import Failure
from guanxi_local.files import locked, write_atomically
from guanxi_local.fingerprint import fingerprint
from guanxi_local.kafka import Kafka
from guanxi_local.orphans import end_orphans
from guanxi_local.ports import HOST
from guanxi_local.postgres import Postgres
from guanxi_local.preparation import run_migration
from guanxi_local.processes import Service, Surroundings, read_processes
from guanxi_local.roles import Database, describe
from guanxi_local.state import State, open_state
from guanxi_local.stopping import SUPERVISOR, stop_all
from guanxi_local.tokens import open_issuer

VARIABLE = "GUANXI_TEST_STATE"
KIND_VARIABLE = "GUANXI_TEST_SERVERS"
_PREFIX = "guanxi-tests-"
_MEMORY = Path("/dev/shm")  # noqa: S108 - what is made there gets a name of its own, as in any temporary folder
_ROOM = 6 * 1024**3
_OWNER = "owner.json"
_PORTS = ("postgres", "kafka", "kafka-controller")


@dataclass(frozen=True)
class TestServers:
    """One state folder with a PostgreSQL and a Kafka that are started when the first test asks."""

    __test__ = False
    state: State

    def postgres(self) -> Postgres:
        """Give the running database server."""
        with locked(self.state.root / "servers.lock"):
            server = Postgres(self.state, self._ports()["postgres"])
            server.start()
        return server

    def kafka(self) -> Kafka:
        """Give the running broker."""
        with locked(self.state.root / "servers.lock"):
            ports = self._ports()
            broker = Kafka(self.state, ports["kafka"], ports["kafka-controller"])
            broker.start()
        return broker

    def stop(self) -> None:
        """Stop both."""
        stop_all(self.state)

    def close(self) -> None:
        """Nothing: the last to leave the session stops the servers of its folder."""

    def _ports(self) -> dict[str, int]:
        running = [name for name in _PORTS if self.state.records.recall(name.removesuffix("-controller"))]
        return self.state.ports.settle(_PORTS, keep=running)


def open_servers() -> TestServers:
    """Open the folder that the session's controller has chosen."""
    state = open_state(Path(os.environ[VARIABLE]))[0]
    if os.environ.get(KIND_VARIABLE) == "containers":
        from guanxi_local.testcontainers_servers import ContainerServers  # noqa: PLC0415 - Docker's client, rarely asked for

        return ContainerServers(state)
    return TestServers(state)


def choose_folder() -> Path | None:
    """Choose a folder for this session, and give it when it is ours to remove; one chosen by the caller is kept."""
    if VARIABLE in os.environ:
        return None
    for place in (tempfile.gettempdir(), _MEMORY):
        for folder in Path(place).glob(f"{_PREFIX}*"):
            _sweep(folder)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_MEMORY if _has_room(_MEMORY) else None))
    # Passable for the database server's account, else the state would be kept elsewhere.
    folder.chmod(0o711)
    root = open_state(folder / "state")[0].root
    write_atomically(folder / _OWNER, json.dumps({"pid": own().pid, "birth": own().birth, "root": str(root)}))
    os.environ[VARIABLE] = str(root)
    return folder


def _has_room(memory: Path) -> bool:
    """Whether data can lie in memory: a copy of a database takes a third of the time there."""
    try:
        room = os.statvfs(memory)
    except OSError:
        return False
    runs = not room.f_flag & os.ST_NOEXEC  # the server's own programs are copied there for some accounts
    free = min(room.f_bavail * room.f_frsize, psutil.virtual_memory().available // 2)
    return runs and os.access(memory, os.W_OK) and "TMPDIR" not in os.environ and free >= _ROOM


def discard(folder: Path) -> None:
    """End whatever was started for a session's folder and remove it; the file that names its owner goes last."""
    root = Path(_owner(folder)[1])
    # Supervisors first: what they watch over would come back.
    for run in (*root.glob("run"), *root.glob("*/run")):
        supervisor = Records(run.parent).recall(SUPERVISOR)
        if supervisor is not None:
            supervisor.stop(signal.SIGKILL, 5)
    end_orphans(root, below=True, grace=0)
    shutil.rmtree(root, ignore_errors=True)
    (folder / _OWNER).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    os.environ.pop(VARIABLE, None)


def _owner(folder: Path) -> tuple[Child, str]:
    owner = json.loads((folder / _OWNER).read_text())
    return Child(owner["pid"], owner["birth"]), owner["root"]


def _sweep(folder: Path) -> None:
    """Remove what a test session that was killed left behind."""
    try:
        mine = folder.stat().st_uid == os.getuid()
        owner, _ = _owner(folder)
    except (OSError, ValueError, TypeError, KeyError):
        return
    if mine and not owner.alive:
        discard(folder)


_TEMPLATES: dict[tuple[Path, str], tuple[Service, str]] = {}
"""What this process has found or made; the code does not change under a test session."""


async def blank(postgres: Postgres) -> Database:
    """Make an empty database with an owner and a runtime role."""
    async with superuser(postgres) as connection:
        with locked(postgres.state.root / "blank.lock"):
            await ensure_roles(postgres, connection, "blank")
        name = f"blank_{secrets.token_hex(6)}"
        await create_database(connection, name, roles_of="blank")
    await grant(postgres, name, roles_of="blank")
    return describe(postgres, "blank", name)


async def copy_of(postgres: Postgres, service_name: str) -> Database:
    """Make a fresh, migrated database of a service, as a copy of a template."""
    service, template = await _known_template(postgres, service_name)
    name = f"{service.database}_{secrets.token_hex(6)}"
    async with superuser(postgres) as connection:
        await create_database(connection, name, roles_of=service.database, template=template)
    return describe(postgres, service.database, name)


async def _known_template(postgres: Postgres, service_name: str) -> tuple[Service, str]:
    known = _TEMPLATES.get((postgres.state.root, service_name))
    if known is None:
        service = _service(service_name)
        known = _TEMPLATES[postgres.state.root, service_name] = service, await _template(postgres, service)
    return known


async def prepare(postgres: Postgres, suffix: str) -> None:
    """Make the databases of a whole platform as copies of the templates, so that its start has nothing to migrate."""
    for service in read_processes():
        _, template = await _known_template(postgres, service.name)
        name = service.database + suffix
        async with superuser(postgres) as connection:
            await create_database(connection, name, roles_of=service.database, template=template)
        await mark_migrated(postgres, name, roles_of=service.database, digest=fingerprint(service))


def _service(name: str) -> Service:
    for service in read_processes():
        if name in (service.name, service.module):
            return service
    message = f"no service {name} in deploy/processes.toml"
    raise Failure(message)


async def _template(postgres: Postgres, service: Service) -> str:
    """Give the migrated template of a service as its code is now, making it when it is the first time."""
    name = f"template_{service.database}_{fingerprint(service)[:10]}"
    with locked(postgres.state.root / f"{name}.lock"):
        async with superuser(postgres) as connection:
            done = await connection.fetchval("SELECT datistemplate FROM pg_database WHERE datname = $1", name)
            if done:
                return name
            # Not marked as a template: what an interrupted session left half made.
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            await ensure_roles(postgres, connection, service.database)
            await create_database(connection, name, roles_of=service.database)
            await grant(postgres, name, roles_of=service.database)
            _migrate(postgres, service, name)
            await mark_migrated(postgres, name, roles_of=service.database, digest=fingerprint(service))
            await connection.execute(f"ALTER DATABASE {name} IS_TEMPLATE true")
    return name


def _migrate(postgres: Postgres, service: Service, name: str) -> None:
    open_issuer(postgres.state)
    environment = Surroundings(postgres.state, f"{HOST}:9").migration_environment(
        describe(postgres, service.database, name)
    )
    run_migration(service, environment, postgres.state.logs / "migrations.log")
