"""The process table `deploy/processes.toml` and the settings each service is started with."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from guanxi_local.checkout import checkout
from guanxi_local.ports import HOST
from guanxi_local.roles import Database
from guanxi_local.table_errors import of_table

if TYPE_CHECKING:  # a job in a container reads the table without what the runner's state needs
    from guanxi_local.state import State


class Service(BaseModel):
    """One row of the process table."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    module: str
    database: str


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")
    service: list[Service]


def read_processes(path: Path | None = None) -> list[Service]:
    """Read the table: the services in the order in which they are shown."""
    path = path or checkout() / "deploy" / "processes.toml"
    try:
        return _Table.model_validate(tomllib.loads(path.read_text())).service
    except ValueError as error:
        raise of_table(path, error) from error


@dataclass(frozen=True)
class Surroundings:
    """What every service of one installation is told, beside its own database and port."""

    state: State
    kafka: str
    topic_prefix: str = ""
    gateway: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    def migration_environment(self, database: Database) -> dict[str, str]:
        """Give the environment of a service's migration, which alone learns the owner's password."""
        return {**self.environment(database), "GUANXI_MIGRATION_URL": database.owner_url}

    def environment(self, database: Database) -> dict[str, str]:
        """Give the environment of one service's process."""
        keys = self.state.passwords(["cursor-key", "tracking-key"])
        ours = {
            "GUANXI_PROFILE": "development",
            "GUANXI_DATABASE_URL": database.runtime_url,
            "GUANXI_KAFKA": self.kafka,
            "GUANXI_TOPIC_PREFIX": self.topic_prefix,
            "GUANXI_JWKS": str(self.state.jwks),
            "GUANXI_PUBLIC_URL": self.gateway,
            "GUANXI_CURSOR_KEY": keys["cursor-key"],
            "GUANXI_TRACKING_KEY": keys["tracking-key"],
            "PYTHONUNBUFFERED": "1",
        }
        return {**_inherited(), **ours, **self.extra}


def _inherited() -> dict[str, str]:
    # PG...: settings of a PostgreSQL of the person's own. Without byte code on disk every start compiles for a second.
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PG") and name != "PYTHONDONTWRITEBYTECODE"
    }


def migrate_command(service: Service) -> list[str]:
    """Give the command that brings a service's database to head."""
    return [sys.executable, "-m", service.module, "migrate"]


def serve_command(service: Service, port: int, role: str = "all") -> list[str]:
    """Give the command that runs a service."""
    return [sys.executable, "-m", service.module, "--role", role, "--port", str(port)]


def address(port: int) -> str:
    """Give the address of something that speaks HTTP on a loopback port."""
    return f"http://{HOST}:{port}"
