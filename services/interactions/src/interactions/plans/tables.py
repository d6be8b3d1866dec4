"""The table of plan items."""

import sqlalchemy as sa

from guanxi.db import personal
from interactions.tables import TIME, UUID, metadata, record_columns

plan_item = sa.Table(
    "plan_item",
    metadata,
    *record_columns(reported=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("closes_at", TIME, nullable=False),
    sa.Column("assignee_id", UUID),
    sa.Column("what", sa.Text, info=personal("text")),
    sa.Column("reason", sa.Text),
    sa.Column("cause_id", UUID),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("done_at", TIME),
    sa.Column("contact_id", UUID),
    sa.Column("missed_at", TIME),
    sa.CheckConstraint("status IN ('planned', 'done', 'missed', 'cancelled', 'historic')", name="status"),
    sa.Index("ix_plan_item_customer", "customer_id", "closes_at", "id"),
    sa.Index("ix_plan_item_unit", "unit_id", "closes_at", "id"),
    sa.Index("ix_plan_item_closes", "closes_at", "id"),
    sa.Index("ix_plan_item_status", "status", "closes_at", "id"),
    sa.Index("ix_plan_item_assignee", "assignee_id", "closes_at", "id"),
)
