"""How each relationship stands on the radar, and the care tasks that came of it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from guanxi.db import base_columns
from scoring.tables import MERGED, metadata

watch = sa.Table(
    "watch",
    metadata,
    *base_columns(),
    sa.Column("customer_id", UUID(as_uuid=True), nullable=False),
    sa.Column("risk", sa.Text, nullable=False),
    sa.Column("since", sa.Date),
    sa.Column("episode", sa.Date),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("points", sa.Integer, nullable=False),
    sa.Column("rhythm", sa.Boolean, nullable=False),
    sa.Column("signals", JSONB, nullable=False, server_default=sa.text("'[]'")),
    sa.Column("cause", sa.Text),
    sa.Column("care_task_id", UUID(as_uuid=True)),
    sa.Column("members", ARRAY(UUID(as_uuid=True)), nullable=False, server_default=sa.text("'{}'")),
    sa.Column("ended_at", sa.DateTime(timezone=True)),
    sa.UniqueConstraint("customer_id"),
    sa.Index("ix_watch_risk", "risk", "points", "customer_id", postgresql_where=sa.text("ended_at IS NULL")),
    sa.Index("ix_watch_members", "members", postgresql_using="gin", postgresql_where=MERGED),
)
care_task = sa.Table(
    "care_task",
    metadata,
    *base_columns(),
    sa.Column("customer_id", UUID(as_uuid=True), nullable=False),
    sa.Column("episode", sa.Date),
    sa.Column("owner_id", UUID(as_uuid=True)),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("cause", sa.Text),
    sa.Column("signals", ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'")),
    sa.Index("ix_care_task_customer_id", "customer_id"),
)
