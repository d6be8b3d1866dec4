"""Tables of units and employees."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from customer_profile.tables import metadata
from guanxi.db import base_columns, personal

unit = sa.Table(
    "unit",
    metadata,
    *base_columns(),
    sa.Column("code", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("internal", sa.Boolean, nullable=False),
    sa.Column("parent", sa.Text),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("lead_id", PG_UUID(as_uuid=True)),
    sa.Column("calendar", JSONB, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.text("true")),
)

# Staff are no customers: their names are tagged for masking, and kept when a customer is erased.
employee = sa.Table(
    "employee",
    metadata,
    *base_columns(),
    sa.Column("subject", sa.Text, unique=True, info=personal("id")),
    sa.Column("name", sa.Text, nullable=False, info=personal("name")),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("email", sa.Text, info=personal("email")),
    sa.Column("language", sa.Text),
    sa.Column("joined_on", sa.Date),
    sa.Column("left_on", sa.Date),
    sa.Index("ix_employee_unit_id", "unit_id", "id"),
)
