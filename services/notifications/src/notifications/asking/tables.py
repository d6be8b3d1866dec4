"""What customers were asked to allow."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from guanxi.db import base_columns
from notifications.asking.rules import STATES, WAYS
from notifications.tables import metadata

permission_request = sa.Table(
    "permission_request",
    metadata,
    *base_columns(),
    sa.Column("customer_id", PG_UUID(as_uuid=True), nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("way", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", sa.DateTime(timezone=True)),
    sa.Column("answered_at", sa.DateTime(timezone=True)),
    sa.CheckConstraint(sa.column("way").in_(WAYS), name="way"),
    sa.CheckConstraint(sa.column("state").in_(STATES), name="state"),
    sa.Index("ix_permission_request_customer_id_id", "customer_id", "id"),
    sa.Index("ix_permission_request_unit_id_id", "unit_id", "id"),
)
"""One question to one customer. The answer and its evidence stand in the ledger of permissions, not here."""
