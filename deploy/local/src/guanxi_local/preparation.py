"""What must exist before a service starts: the issuer's key, databases, migrated schemas, topics."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from guanxi_local.failures import Failure, of_any, of_program
from guanxi_local.fingerprint import fingerprint
from guanxi_local.kafka import Kafka
from guanxi_local.postgres import Postgres
from guanxi_local.processes import Service, migrate_command
from guanxi_local.state import State

T = TypeVar("T")

# The parts below load when a platform starts: asyncpg, aiokafka and FastAPI would make every other command slow.


def ensure_issuer(state: State) -> None:
    """Make the development issuer's key and the file of public keys."""
    from guanxi_local.tokens import open_issuer  # noqa: PLC0415 - see above

    open_issuer(state)


def make_databases(postgres: Postgres, names: Sequence[str], suffix: str) -> None:
    """Make databases and roles."""
    from guanxi_local.databases import ensure_databases  # noqa: PLC0415 - see above

    _ask("the databases cannot be made", ensure_databases(postgres, names, suffix))


def make_topics(kafka: Kafka, prefix: str) -> None:
    """Make the topics of the table and wait for their leaders."""
    from guanxi.bus.topics import TopicMismatchError, ensure_topics  # noqa: PLC0415 - see above
    from guanxi_local.topics import read_topics  # noqa: PLC0415 - see above

    try:
        asyncio.run(ensure_topics(kafka.bootstrap, read_topics(prefix)))
    except (TopicMismatchError, TimeoutError) as error:
        message = f"topics could not be made: {str(error) or 'the broker does not answer'}"
        raise Failure(message) from error


def migrate(postgres: Postgres, database: str, service: Service, environment: Mapping[str, str]) -> None:
    """Bring a service's database to head, unless it was brought there by exactly this code before."""
    from guanxi_local.databases import mark_migrated, migrated_with  # noqa: PLC0415 - see above

    digest = fingerprint(service)
    doing = f"the database {database} cannot be migrated"
    if _ask(doing, migrated_with(postgres, database)) == digest:
        return
    run_migration(service, environment, postgres.state.logs / "migrations.log")
    _ask(doing, mark_migrated(postgres, database, roles_of=service.database, digest=digest))


def _ask(doing: str, work: Coroutine[None, None, T]) -> T:
    """Do something on the database server; its refusals are failures of the one who asked."""
    import asyncpg  # noqa: PLC0415 - see above

    try:
        return asyncio.run(work)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise of_any(error, doing) from error


def run_migration(service: Service, environment: Mapping[str, str], log: Path) -> None:
    """Run a service's own migration command."""
    done = subprocess.run(
        migrate_command(service),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    with log.open("a") as file:
        file.write(done.stdout)
    if done.returncode != 0:
        what = f"The migration of {service.name}"
        raise of_program(what, done.stdout, log)
