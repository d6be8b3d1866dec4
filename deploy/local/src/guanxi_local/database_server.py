"""What is asked of a database server, whoever runs it: an address and a password for each role."""

from __future__ import annotations

from typing import Protocol

SUPERUSER = "postgres"


class DatabaseServer(Protocol):
    """A PostgreSQL server whose superuser we are."""

    def url(self, database: str = "postgres", role: str = SUPERUSER) -> str:
        """Give the address of a database for a role, password included."""

    def password(self, role: str) -> str:
        """Give the password a role is made with."""
