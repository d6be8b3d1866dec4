"""Designations of key customers."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from guanxi.db import base_columns
from scoring.tables import metadata

_MOMENT = sa.DateTime(timezone=True)

designation = sa.Table(
    "designation",
    metadata,
    *base_columns(),
    sa.Column("customer_id", UUID(as_uuid=True), nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decision_reason", sa.Text),
    sa.Column("since", _MOMENT),
    sa.Column("until", _MOMENT),
    sa.Column("ended_by", sa.Text),
    sa.Column("end_reason", sa.Text),
    # A customer is proposed, or is one, once at a time.
    sa.Index(
        "uq_designation_open",
        "customer_id",
        unique=True,
        postgresql_where=sa.text("status = ANY (ARRAY['proposed'::text, 'approved'::text])"),
    ),
    sa.Index("ix_designation_customer_id", "customer_id", "id"),
    sa.Index("ix_designation_status", "status", "id"),
)
