"""The tables of intake: what came in, what was mended, and the thread that a source's reports of one matter form."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from customer_profile.tables import metadata
from guanxi.db import base_columns, personal

inbound_report = sa.Table(
    "inbound_report",
    metadata,
    *base_columns(),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("reused", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Column("type", sa.Text),
    sa.Column("family", sa.Text),
    sa.Column("external_customer", sa.Text, info=personal("id")),
    sa.Column("external_ref", sa.Text, info=personal("id")),
    sa.Column("body", JSONB, info=personal("text")),
    sa.Column("raw", sa.LargeBinary, info=personal("text")),
    sa.Column("body_hash", sa.LargeBinary, nullable=False),
    sa.Column("time", sa.DateTime(timezone=True)),
    sa.Column("revision", sa.Integer, nullable=False, server_default=sa.text("1")),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("errors", JSONB, nullable=False, server_default=sa.text("'[]'")),
    sa.Column("warnings", JSONB, nullable=False, server_default=sa.text("'[]'")),
    sa.Column("subject", PG_UUID(as_uuid=True)),
    sa.Column("customer_id", PG_UUID(as_uuid=True)),
    sa.Column("registered", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Column("aggregate_id", PG_UUID(as_uuid=True)),
    sa.Column("sequence", sa.BigInteger),
    sa.Column("received_by", sa.Text, nullable=False),
    sa.CheckConstraint("status IN ('received', 'resolved', 'passed_anonymous', 'rejected')", name="status"),
    sa.CheckConstraint("received_by IN ('kafka', 'http', 'import')", name="received_by"),
    sa.Index("ix_inbound_report_event", "source", "event_id", unique=True, postgresql_where=sa.text("NOT reused")),
    sa.Index(
        "ix_inbound_report_reused", "source", "event_id", "body_hash", unique=True, postgresql_where=sa.text("reused")
    ),
    sa.Index("ix_inbound_report_desk", "unit_id", "id"),
    sa.Index("ix_inbound_report_source", "source", "status", "id"),
    sa.Index("ix_inbound_report_newest", "source", "id"),
    sa.Index("ix_inbound_report_rejected", "id", postgresql_where=sa.text("status = 'rejected'")),
    sa.Index("ix_inbound_report_rejected_unit", "unit_id", "id", postgresql_where=sa.text("status = 'rejected'")),
    sa.Index("ix_inbound_report_customer", "customer_id", postgresql_where=sa.text("customer_id IS NOT NULL")),
    sa.Index("ix_inbound_report_subject", "subject", postgresql_where=sa.text("subject IS NOT NULL")),
    sa.Index(
        "ix_inbound_report_named",
        "source",
        "external_customer",
        postgresql_where=sa.text("external_customer IS NOT NULL"),
    ),
)
"""One row an event, but for repeats. `raw` holds the bytes of what is no JSON that can be stored, `body` all else.

`subject` is the customer that an internal publisher named, `customer_id` the one whose report it became.

`reused` marks the refusal of a second event under an id that was taken: it stands beside the first.
"""

inbound_report_revision = sa.Table(
    "inbound_report_revision",
    metadata,
    *base_columns(),
    sa.Column("report_id", PG_UUID(as_uuid=True), sa.ForeignKey("inbound_report.id"), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("body", JSONB, info=personal("text")),
    sa.Column("raw", sa.LargeBinary, info=personal("text")),
    sa.Column("errors", JSONB, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.UniqueConstraint("report_id", "revision"),
)
"""What a mended report was before, one row a mending."""

report_aggregate = sa.Table(
    "report_aggregate",
    metadata,
    *base_columns(),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("family", sa.Text, nullable=False),
    sa.Column("external_ref", sa.Text, nullable=False, info=personal("id")),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("revision", sa.BigInteger),
    sa.Column("time", sa.DateTime(timezone=True), nullable=False),
    sa.Column("twin", sa.Text, nullable=False),
    sa.Column("party", sa.Text, info=personal("id")),
    sa.Column("customer_id", PG_UUID(as_uuid=True)),
    sa.Column("data_hash", sa.LargeBinary, nullable=False),
    sa.Column("original_hash", sa.LargeBinary),
    sa.UniqueConstraint("source", "family", "external_ref"),
    sa.CheckConstraint("twin IN ('original', 'corrected', 'voided')", name="twin"),
    sa.Index("ix_report_aggregate_customer", "customer_id", postgresql_where=sa.text("customer_id IS NOT NULL")),
    sa.Index("ix_report_aggregate_nobodys", "source", "party", postgresql_where=sa.text("customer_id IS NULL")),
)
"""All reports of one matter: (source, family, reference). `id` is the aggregate's downstream, `twin` what holds now."""

inbound_batch = sa.Table(
    "inbound_batch",
    metadata,
    *base_columns(),
    sa.Column("results", JSONB, nullable=False),
    sa.Index("ix_inbound_batch_age", "recorded_at"),
)
"""What an HTTP batch was answered, so that its repeat gets the same answer; kept as long as its Idempotency-Key."""
