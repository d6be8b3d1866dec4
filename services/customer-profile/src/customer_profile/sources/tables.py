"""The table of publishers."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from customer_profile.tables import metadata
from guanxi.db import base_columns, personal

# Whom to ask at a publisher's is no customer: kept when one is erased.
source = sa.Table(
    "source",
    metadata,
    *base_columns(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("partitions", sa.Integer, nullable=False),
    sa.Column("allowed_types", ARRAY(sa.Text)),
    sa.Column("contact", sa.Text, info=personal("text")),
    sa.Column("status", sa.Text, nullable=False, server_default=sa.text("'creating'")),
    sa.Column("paused_at", sa.DateTime(timezone=True)),
    sa.Column("watermark", sa.DateTime(timezone=True)),
    sa.Column("duplicates", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    sa.UniqueConstraint("name"),
    sa.CheckConstraint("partitions BETWEEN 1 AND 3", name="partitions"),
    sa.CheckConstraint("status IN ('creating', 'ready')", name="status"),
    sa.Index("ix_source_unit", "unit_id"),
)
