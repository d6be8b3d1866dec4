"""Messages and each try to send them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from guanxi.db import base_columns, personal
from notifications.tables import metadata

STATUSES = ("queued", "held", "sending", "sent", "delivered", "failed", "unknown", "suppressed")

message = sa.Table(
    "message",
    metadata,
    *base_columns(),
    sa.Column("intent", sa.Text, nullable=False),
    sa.Column("intent_key", sa.Text, nullable=False, unique=True),
    sa.Column("class", sa.Text, nullable=False, key="message_class"),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("customer_id", PG_UUID(as_uuid=True)),
    sa.Column("employee_id", PG_UUID(as_uuid=True)),
    sa.Column("ticket_id", PG_UUID(as_uuid=True)),
    sa.Column("facts", JSONB, nullable=False),
    sa.Column("cause_type", sa.Text, nullable=False),
    sa.Column("cause_id", PG_UUID(as_uuid=True), nullable=False),
    sa.Column("cause_event_id", PG_UUID(as_uuid=True), nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("send_after", sa.DateTime(timezone=True), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("permission_event_id", PG_UUID(as_uuid=True)),
    sa.Column("template_id", PG_UUID(as_uuid=True)),
    sa.Column("language", sa.Text),
    sa.Column("address", sa.Text, info=personal("email")),
    sa.Column("address_of", PG_UUID(as_uuid=True)),
    sa.Column("provider_key", sa.Text),
    sa.Column("claimed_at", sa.DateTime(timezone=True)),
    sa.Column("settled_at", sa.DateTime(timezone=True)),
    sa.CheckConstraint(sa.column("status").in_(STATUSES), name="status"),
    sa.Index("ix_message_send_after", "send_after", postgresql_where=sa.text("status IN ('queued', 'held')")),
    sa.Index("ix_message_claimed_at", "claimed_at", postgresql_where=sa.text("status = 'sending'")),
    sa.Index("ix_message_customer_id_id", "customer_id", "id", postgresql_where=sa.text("customer_id IS NOT NULL")),
    sa.Index("ix_message_unit_id_id", "unit_id", "id"),
    sa.Index("ix_message_status_id", "status", "id"),
    sa.Index("ix_message_address_of", "address_of", postgresql_where=sa.text("address_of IS NOT NULL")),
    sa.Index("ix_message_ticket_id", "ticket_id", postgresql_where=sa.text("ticket_id IS NOT NULL")),
)
"""`address_of` is the customer whose address it is: of merged records it may be another one's than `customer_id`.

Facts hold codes, numbers and times, never a person's words; the text itself is made when it is sent and not kept.
"""

attempt = sa.Table(
    "attempt",
    metadata,
    *base_columns(),
    sa.Column("message_id", PG_UUID(as_uuid=True), nullable=False),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("ended_at", sa.DateTime(timezone=True)),
    sa.Column("outcome", sa.Text),
    sa.Column("code", sa.Integer),
    sa.Column("detail", sa.Text, info=personal("text")),
    sa.UniqueConstraint("message_id", "n"),
)
"""The delivery log; providers like to quote the address in `detail`, so it counts as personal."""
