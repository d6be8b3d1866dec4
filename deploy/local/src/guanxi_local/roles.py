"""The two roles of each service and the addresses under which they reach a database."""

from __future__ import annotations

from dataclasses import dataclass

from guanxi_local.database_server import DatabaseServer


@dataclass(frozen=True)
class Database:
    """One database with the addresses of its two roles."""

    name: str
    owner_url: str
    runtime_url: str


def owner_role(service_database: str) -> str:
    """Name the role that owns a service's schema."""
    return f"{service_database}_owner"


def runtime_role(service_database: str) -> str:
    """Name the role a service runs under."""
    return f"{service_database}_app"


def describe(postgres: DatabaseServer, roles_of: str, name: str | None = None) -> Database:
    """Give the addresses of a database whose roles are those of `roles_of`."""
    database = name or roles_of
    owner, runtime = postgres.url(database, owner_role(roles_of)), postgres.url(database, runtime_role(roles_of))
    return Database(database, owner, runtime)
