"""Review cycles and their steps."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from guanxi.db import base_columns
from scoring.tables import metadata

_MOMENT = sa.DateTime(timezone=True)

review_cycle = sa.Table(
    "review_cycle",
    metadata,
    *base_columns(),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("started_on", sa.Date),
    sa.Column("closed_at", _MOMENT),
    sa.Column("next_cycle_id", UUID(as_uuid=True)),
    sa.CheckConstraint("status IN ('planned', 'running', 'closed')", name="status"),
    # One runs at a time: the next one takes up what it has led to.
    sa.Index("uq_review_cycle_running", "status", unique=True, postgresql_where=sa.text("status = 'running'")),
)
review_step = sa.Table(
    "review_step",
    metadata,
    *base_columns(),
    sa.Column("cycle_id", UUID(as_uuid=True), sa.ForeignKey("review_cycle.id"), nullable=False),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("owner_id", UUID(as_uuid=True)),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("started_at", _MOMENT),
    sa.Column("done_at", _MOMENT),
    sa.Column("done_by", sa.Text),
    sa.Column("outcome", sa.Text),
    sa.UniqueConstraint("cycle_id", "n"),
    sa.CheckConstraint("state IN ('waiting', 'active', 'done', 'overdue')", name="state"),
)
