"""The table of needs."""

import sqlalchemy as sa

from guanxi.db import personal
from interactions.tables import TIME, UUID, metadata, record_columns

need = sa.Table(
    "need",
    metadata,
    *record_columns(reported=False),
    sa.Column("interview_id", UUID),
    sa.Column("contact_id", UUID),
    sa.Column("what", sa.Text, info=personal("text")),
    sa.Column("indicator", sa.Text),
    sa.Column("pressing", sa.Boolean, nullable=False),
    sa.Column("assignee_id", UUID),
    sa.Column("assignee_unit", sa.Text, nullable=False),
    sa.Column("raised_by", UUID),
    sa.Column("raised_at", TIME, nullable=False),
    sa.Column("due_at", TIME),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, info=personal("text")),
    sa.Column("answered_at", TIME),
    sa.Column("answered_by", UUID),
    sa.Column("overdue_at", TIME),
    sa.Column("reopened", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.CheckConstraint("status IN ('assigned', 'answered', 'confirmed', 'reopened')", name="status"),
    sa.Index("ix_need_customer", "customer_id", "raised_at", "id"),
    sa.Index("ix_need_unit", "unit_id", "raised_at", "id"),
    sa.Index("ix_need_raised", "raised_at", "id"),
    sa.Index("ix_need_status", "status", "raised_at", "id"),
    sa.Index("ix_need_assignee", "assignee_id", "raised_at", "id"),
    sa.Index("ix_need_interview", "interview_id", postgresql_where=sa.text("interview_id IS NOT NULL")),
)
