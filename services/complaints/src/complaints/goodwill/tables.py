"""Requests for goodwill, and the budget of each unit and year."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from complaints.tables import metadata
from guanxi.db import base_columns, personal

TIME = sa.DateTime(timezone=True)

goodwill_request = sa.Table(
    "goodwill_request",
    metadata,
    *base_columns(),
    sa.Column("customer_id", UUID(as_uuid=True), nullable=False),
    sa.Column("complaint_id", UUID(as_uuid=True), sa.ForeignKey("complaint.id")),
    sa.Column("sku", sa.Text),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("cost_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("note", sa.Text, info=personal("text")),
    # The answer of entitlement that it goes beyond, as it was given: clause, version of the policy, reason, last day.
    sa.Column("answer", JSONB, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decider_id", UUID(as_uuid=True)),
    sa.Column("decided_at", TIME),
    sa.Column("reason", sa.Text),
    sa.Column("year", sa.Integer),
    sa.Column("spent_minor", sa.BigInteger),
    sa.Column("spent_at", TIME),
    sa.CheckConstraint("status IN ('asked', 'approved', 'refused', 'spent')", name="status"),
    sa.Index("ix_goodwill_request_customer", "customer_id", "id"),
    sa.Index("ix_goodwill_request_status", "status", "id"),
    sa.Index("ix_goodwill_request_unit", "unit_id", "id"),
)
goodwill_budget = sa.Table(
    "goodwill_budget",
    metadata,
    *base_columns(),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("limit_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("committed_minor", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("unit_id", "year"),
)
