"""Improvements, and the complaints that each answers."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from complaints.tables import metadata
from guanxi.db import base_columns

TIME = sa.DateTime(timezone=True)

improvement = sa.Table(
    "improvement",
    metadata,
    *base_columns(),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("problem_id", UUID(as_uuid=True), sa.ForeignKey("problem.id")),
    sa.Column("cycle_id", UUID(as_uuid=True)),
    sa.Column("cause", sa.Text),
    sa.Column("sku", sa.Text),
    sa.Column("complaints_since", sa.Date, nullable=False),
    sa.Column("indicator", sa.Text),
    sa.Column("titles", JSONB, nullable=False),
    sa.Column("owner_id", UUID(as_uuid=True)),
    sa.Column("cost_minor", sa.BigInteger),
    sa.Column("currency", sa.Text),
    sa.Column("effective_on", sa.Date, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("approved_by", sa.Text),
    sa.Column("approved_at", TIME),
    sa.Column("published_at", TIME),
    sa.Column("answers_before", TIME),
    sa.Column("complainants", sa.Integer, nullable=False),
    sa.Column("anonymous", sa.Integer, nullable=False),
    sa.CheckConstraint("status IN ('proposed', 'approved', 'published')", name="status"),
    sa.Index("ix_improvement_status", "status", "id"),
    sa.Index("ix_improvement_published", "published_at", "id", postgresql_where=sa.text("status = 'published'")),
)
improvement_complaint = sa.Table(
    "improvement_complaint",
    metadata,
    *base_columns(),
    sa.Column("improvement_id", UUID(as_uuid=True), sa.ForeignKey("improvement.id"), nullable=False),
    sa.Column("complaint_id", UUID(as_uuid=True), sa.ForeignKey("complaint.id"), nullable=False),
    sa.UniqueConstraint("improvement_id", "complaint_id"),
)
