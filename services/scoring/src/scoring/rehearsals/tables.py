"""Rehearsals of changed scorecards, and who would move by them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from guanxi.db import base_columns
from scoring.tables import metadata

_MOMENT = sa.DateTime(timezone=True)

rehearsal = sa.Table(
    "rehearsal",
    metadata,
    *base_columns(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("base_version", sa.Integer, nullable=False),
    sa.Column("value_version", sa.Integer),
    sa.Column("used", JSONB),
    sa.Column("changes", JSONB, nullable=False),
    sa.Column("body", JSONB, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("reached", UUID(as_uuid=True)),
    sa.Column("result", JSONB, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("approved_by", sa.Text),
    sa.Column("approved_at", _MOMENT),
    sa.Column("published_version", sa.Integer),
    sa.Column("published_at", _MOMENT),
    sa.CheckConstraint("status IN ('draft', 'rehearsed', 'approved', 'published')", name="status"),
)
rehearsal_mover = sa.Table(
    "rehearsal_mover",
    metadata,
    sa.Column("rehearsal_id", UUID(as_uuid=True), sa.ForeignKey("rehearsal.id"), primary_key=True),
    sa.Column("customer_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("scope", sa.Text, primary_key=True, server_default=sa.text("'value.existing'")),
    sa.Column("tier", sa.Text, nullable=False),
    sa.Column("tier_after", sa.Text, nullable=False),
    sa.Column("value", sa.BigInteger),
    sa.Column("value_after", sa.BigInteger),
    sa.Column("profit_minor", sa.BigInteger),
    sa.Column("key_customer", sa.Boolean, nullable=False),
    sa.Column("loses", ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'")),
    sa.Column("gains", ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'")),
    sa.Index("ix_rehearsal_mover_customer_id", "customer_id"),
)
