"""The jobs that run once before the services of an installation in containers: databases, topics, migrations, issuer.

`python -m guanxi_local.containers <job>`, told by the environment where things are; each may run again at any time.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from guanxi.auth.development import DevelopmentIssuer
from guanxi.bus.topics import TopicMismatchError, delete_topics, ensure_topics, topic_names
from guanxi_local.database_server import SUPERUSER
from guanxi_local.databases import close_versions, ensure_databases
from guanxi_local.failures import EXIT_CODE, Failure, of_any
from guanxi_local.files import write_atomically
from guanxi_local.processes import Service, migrate_command, read_processes
from guanxi_local.scopes import ALL_SCOPES, HEAD_OFFICE
from guanxi_local.topics import read_topics

_BROKER_S = 120.0
_GONE_S = 30.0


@dataclass(frozen=True)
class Server:
    """A database server at an address, the passwords of its roles in the environment: `COMPLAINTS_APP_PASSWORD`."""

    address: str

    def url(self, database: str = "postgres", role: str = SUPERUSER) -> str:
        """Give the address of a database for a role, password included."""
        return f"postgresql://{role}:{self.password(role)}@{self.address}/{database}"

    def password(self, role: str) -> str:
        """Give the password a role is made with."""
        return _told(f"{role.upper()}_PASSWORD")


def make_databases() -> None:
    """Make each service's database with its two roles."""
    names = [service.database for service in read_processes()]
    asyncio.run(ensure_databases(Server(_told("GUANXI_POSTGRES")), names))


def make_topics(*, renew: bool = False) -> None:
    """Make the topics of the table; `renew` deletes them first, for a cluster that was set back to an earlier moment.

    Publishers' own topics are left alone: what they hold that the cluster has forgotten is taken in again.
    """
    broker, specs = _told("GUANXI_KAFKA"), read_topics(os.environ.get("GUANXI_TOPIC_PREFIX", ""))
    if renew:
        asyncio.run(_delete(broker, {spec.name for spec in specs}))
    asyncio.run(ensure_topics(broker, specs, replication=_replication(), seconds=_BROKER_S))


def _replication() -> int:
    told = os.environ.get("GUANXI_TOPIC_REPLICATION") or "1"
    if not re.fullmatch("[1-9]", told):
        message = f"GUANXI_TOPIC_REPLICATION: {told} is not a number from 1 to 9"
        raise Failure(message)
    return int(told)


async def _delete(broker: str, names: set[str]) -> None:
    found = names & set(await topic_names(broker))
    await delete_topics(broker, sorted(found))
    async with asyncio.timeout(_GONE_S):
        while names & set(await topic_names(broker)):  # noqa: ASYNC110 - the broker tells nobody when they are gone
            await asyncio.sleep(0.1)


def migrate(name: str) -> None:
    """Bring one service's database to head, as its owner."""
    service = _service(name)
    owner_url = _told("GUANXI_MIGRATION_URL")
    code = subprocess.call(migrate_command(service))
    if code != 0:
        raise SystemExit(code)
    asyncio.run(close_versions(owner_url, service.database))


def _service(name: str) -> Service:
    for service in read_processes():
        if name == service.name:
            return service
    message = f"no service {name} in deploy/processes.toml"
    raise Failure(message)


def make_issuer() -> None:
    """Make the key of the development issuer, and the file of public keys that the services read."""
    key, jwks = Path(_told("GUANXI_ISSUER_KEY")), Path(_told("GUANXI_JWKS"))
    if not key.exists():
        fresh = key.with_suffix(".new")
        DevelopmentIssuer.create().save(fresh)
        fresh.rename(key)
    write_atomically(jwks, _issuer(key).jwks_json())


def print_token(options: argparse.Namespace) -> None:
    """Print a token of the development issuer."""
    scopes = [word for item in options.scope for word in item.split()] or ALL_SCOPES
    issuer = _issuer(Path(_told("GUANXI_ISSUER_KEY")))
    claims = {"subject": options.subject, "unit": options.unit, "source": options.source, "hours": options.hours}
    sys.stdout.write(issuer.token(scopes=scopes, **claims) + "\n")


def _issuer(key: Path) -> DevelopmentIssuer:
    try:
        return DevelopmentIssuer.load(key)
    except ValueError as error:
        message = f"{key} is damaged; remove its volume and a new one is made"
        raise Failure(message) from error


def _told(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        message = f"{name} must be set"
        raise Failure(message)
    return value


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m guanxi_local.containers", description=__doc__)
    jobs = parser.add_subparsers(dest="job", required=True)
    jobs.add_parser("databases", help="databases and roles")
    jobs.add_parser("topics", help="topics").add_argument("--renew", action="store_true", help="delete ours first")
    jobs.add_parser("migrate", help="one service's schema").add_argument("service")
    jobs.add_parser("issuer", help="the development issuer's key")
    token = jobs.add_parser("token", help="a token of the development issuer")
    token.add_argument("--unit", default=HEAD_OFFICE)
    token.add_argument("--scope", action="append", default=[])
    token.add_argument("--subject", default="admin")
    token.add_argument("--source")
    token.add_argument("--hours", type=float, default=8)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> None:
    """Do one job; what an operator can act on is one line and exit code 2."""
    options = _options(arguments)
    jobs: dict[str, Callable[[], None]] = {
        "databases": make_databases,
        "topics": lambda: make_topics(renew=options.renew),
        "migrate": lambda: migrate(options.service),
        "issuer": make_issuer,
        "token": lambda: print_token(options),
    }
    try:
        jobs[options.job]()
    except (Failure, TopicMismatchError, TimeoutError, OSError, asyncpg.PostgresError) as error:
        failure = error if isinstance(error, Failure) else of_any(error, f"the job {options.job} cannot be done")
        sys.stderr.write(f"guanxi: {failure}\n")
        raise SystemExit(EXIT_CODE) from None


if __name__ == "__main__":
    main(sys.argv[1:])
