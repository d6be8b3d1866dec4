"""How tables are declared: base columns, names of constraints, tags on personal columns."""

from __future__ import annotations

import pkgutil
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

IDEMPOTENCY_KEPT = timedelta(hours=24)
"""How long an Idempotency-Key stands for what was made under it."""
_NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_metadata() -> sa.MetaData:
    """An empty schema with this platform's names for constraints."""
    return sa.MetaData(naming_convention=_NAMES)


def declared_tables(package: str) -> sa.MetaData:
    """The schema of a service's own tables, with those of all its resources: whoever writes SQL by hand imports none.

    What is checked, migrated and scanned for personal data is this whole, and not what somebody happened to load.
    """
    for found in pkgutil.iter_modules(import_module(package).__path__):
        module = f"{package}.{found.name}.tables"
        if found.ispkg and find_spec(module):
            import_module(module)
    metadata: sa.MetaData = import_module(f"{package}.tables").metadata
    return metadata


def base_columns() -> list[sa.Column[Any]]:
    """`id, version, created_at, recorded_at, unit_id`: the columns that every table of the business has."""
    return [
        sa.Column("id", PG_UUID(as_uuid=True), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False, server_default=sa.text("1")),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("unit_id", sa.Text, nullable=False),
    ]


def personal(kind: str) -> dict[str, str]:
    """The `info` of a column that holds personal data: `Column("name", Text, info=personal("name"))`."""
    return {"personal": kind}


def personal_columns(metadata: sa.MetaData) -> list[tuple[str, str, str]]:
    """Every tagged column as (table, column, kind), sorted: what the erasure scan plants values in."""
    return sorted(
        (table.name, column.name, column.info["personal"])
        for table in metadata.tables.values()
        for column in table.columns
        if "personal" in column.info
    )
