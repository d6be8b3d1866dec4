"""Webhook subscriptions and what was delivered to them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from guanxi.db import base_columns
from notifications.tables import metadata

STATUSES = ("active", "paused", "disabled", "removed")
DELIVERIES = ("queued", "sending", "delivered", "failed", "cancelled")

subscription = sa.Table(
    "subscription",
    metadata,
    *base_columns(),
    sa.Column("types", ARRAY(sa.Text), nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("secret", sa.Text),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.CheckConstraint(sa.column("status").in_(STATUSES), name="status"),
    sa.Index("ix_subscription_unit_id", "unit_id", postgresql_where=sa.text("status <> 'removed'")),
)
"""The secret is what both sides sign and check with, so it is kept as it is and shown once."""

feed_delivery = sa.Table(
    "feed_delivery",
    metadata,
    *base_columns(),
    sa.Column("subscription_id", PG_UUID(as_uuid=True), nullable=False),
    sa.Column("event_id", PG_UUID(as_uuid=True), nullable=False),
    sa.Column("event_type", sa.Text, nullable=False),
    sa.Column("customer_id", PG_UUID(as_uuid=True)),
    sa.Column("body", JSONB),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("claimed_at", sa.DateTime(timezone=True)),
    sa.Column("answered", sa.Integer),
    sa.Column("reason", sa.Text),
    sa.Column("settled_at", sa.DateTime(timezone=True)),
    sa.UniqueConstraint("subscription_id", "event_id"),
    sa.CheckConstraint(sa.column("status").in_(DELIVERIES), name="status"),
    sa.Index(
        "ix_feed_delivery_subscription_id_next_at",
        "subscription_id",
        "next_at",
        postgresql_where=sa.text("status IN ('queued', 'sending')"),
    ),
    sa.Index("ix_feed_delivery_subscription_id_id", "subscription_id", "id"),
    sa.Index("ix_feed_delivery_customer_id", "customer_id", postgresql_where=sa.text("customer_id IS NOT NULL")),
)
"""The body is the event without its personal fields; it goes when the delivery is settled."""
