"""The ledger of what was said about being written to, and the state that follows from it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from guanxi.db import base_columns, personal
from notifications.tables import metadata

STATES = ("unknown", "asked", "granted", "denied", "withdrawn", "expired")

permission = sa.Table(
    "permission",
    metadata,
    *base_columns(),
    sa.Column("customer_id", PG_UUID(as_uuid=True), nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("event_id", PG_UUID(as_uuid=True)),
    sa.CheckConstraint(sa.column("state").in_(STATES), name="state"),
    sa.Index("ix_permission_customer_id", "customer_id"),
)
"""What holds for one customer, purpose and channel, of which its id is made: a function of the ledger, kept for the
claim of a send. No second unique key: an upsert arbitrates by one alone."""

permission_event = sa.Table(
    "permission_event",
    metadata,
    *base_columns(),
    sa.Column("permission_id", PG_UUID(as_uuid=True)),
    sa.Column("customer_id", PG_UUID(as_uuid=True)),
    sa.Column("ticket_id", PG_UUID(as_uuid=True)),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("counts", sa.Boolean, nullable=False),
    sa.Column("evidence", sa.Text, info=personal("text")),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("source", sa.Text),
    sa.Column("report_id", PG_UUID(as_uuid=True)),
    sa.Column("report_sequence", sa.BigInteger),
    sa.CheckConstraint("(permission_id IS NULL) <> (ticket_id IS NULL)", name="about"),
    sa.Index(
        "ix_permission_event_permission_id", "permission_id", postgresql_where=sa.text("permission_id IS NOT NULL")
    ),
    sa.Index("ix_permission_event_ticket_id", "ticket_id", postgresql_where=sa.text("ticket_id IS NOT NULL")),
    sa.Index("ix_permission_event_report_id", "report_id", postgresql_where=sa.text("report_id IS NOT NULL")),
    sa.Index("ix_permission_event_customer_id", "customer_id", postgresql_where=sa.text("customer_id IS NOT NULL")),
)
"""One statement of a customer, with its evidence; of a whole purpose and channel, or of one complaint only."""

ticket = sa.Table(
    "ticket",
    metadata,
    *base_columns(),
    sa.Column("customer_id", PG_UUID(as_uuid=True)),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("void", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Column("channel", sa.Text),
    sa.Column("address", sa.Text, info=personal("address")),
    sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("ix_ticket_customer_id", "customer_id", postgresql_where=sa.text("customer_id IS NOT NULL")),
)
"""The address given for one complaint, as its highest sequence has it; none means that there is no leave by it."""

permission_report = sa.Table(
    "permission_report",
    metadata,
    *base_columns(),
    sa.Column("grants_from", sa.BigInteger, nullable=False),
)
"""For a source's profile of a customer that was corrected or voided: grants of revisions below this count no more."""
