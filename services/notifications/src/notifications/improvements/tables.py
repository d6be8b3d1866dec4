"""Improvements, and whom each is told to."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from guanxi.db import base_columns
from notifications.tables import metadata

announced_improvement = sa.Table(
    "announced_improvement",
    metadata,
    *base_columns(),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("titles", JSONB, nullable=False),
    sa.Column("effective_on", sa.Date, nullable=False),
    sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("complainants", sa.Integer, nullable=False),
    sa.Column("anonymous", sa.Integer, nullable=False),
    sa.Column("said", JSONB),
    sa.Column("said_sequence", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
)
"""The newest that was published of it; `said` is what we last said of its tellings, and how often we have."""

telling = sa.Table(
    "telling",
    metadata,
    *base_columns(),
    sa.Column("improvement_id", PG_UUID(as_uuid=True), nullable=False),
    sa.Column("customer_id", PG_UUID(as_uuid=True), nullable=False),
    sa.Column("complaint_id", PG_UUID(as_uuid=True), nullable=False),
    sa.Column("event_id", PG_UUID(as_uuid=True), nullable=False),
    sa.Column("ask_at", sa.DateTime(timezone=True)),
    sa.Column("better", sa.Boolean),
    sa.Column("replied_at", sa.DateTime(timezone=True)),
    sa.UniqueConstraint("improvement_id", "customer_id"),
)
"""One record of a customer that an improvement concerns. What became of its message is the message's own."""
