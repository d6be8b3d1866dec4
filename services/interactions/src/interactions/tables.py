"""The schema of this service's own tables; each resource declares its tables into it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from guanxi.db import base_columns, new_metadata, personal

metadata = new_metadata()

TIME = sa.DateTime(timezone=True)
UUID = PG_UUID(as_uuid=True)


def record_columns(*, anonymous: bool = False, reported: bool = True) -> list[sa.Column[object]]:
    """What each record of this service has: whose it is, where it came from, whether it has been taken back."""
    origin: list[sa.Column[object]] = [
        sa.Column("source", sa.Text),
        sa.Column("external_ref", sa.Text, info=personal("reference")),
    ]
    return [
        *base_columns(),
        sa.Column("customer_id", UUID, nullable=anonymous),
        *(origin if reported else ()),
        sa.Column("voided_at", TIME),
        sa.Column("erased_at", TIME),
    ]
