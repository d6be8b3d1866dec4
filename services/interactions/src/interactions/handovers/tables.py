"""The table of hand-overs."""

import sqlalchemy as sa

from interactions.tables import TIME, UUID, metadata, record_columns

handover = sa.Table(
    "handover",
    metadata,
    *record_columns(reported=False),
    sa.Column("from_id", UUID, nullable=False),
    sa.Column("to_id", UUID),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("single_tie", sa.Boolean, nullable=False),
    sa.Column("leaves_on", sa.Date),
    sa.Column("joint_visit_on", sa.Date),
    sa.Column("plan_item_id", UUID),
    sa.Column("contact_id", UUID),
    sa.Column("done_at", TIME),
    sa.CheckConstraint("status IN ('planned', 'joint_visit', 'done')", name="status"),
    sa.Index("uq_handover_open", "from_id", "customer_id", unique=True, postgresql_where=sa.text("status <> 'done'")),
    sa.Index("ix_handover_customer", "customer_id", "recorded_at", "id"),
    sa.Index("ix_handover_recorded", "recorded_at", "id"),
    sa.Index("ix_handover_status", "status", "recorded_at", "id"),
    sa.Index("ix_handover_from", "from_id", "recorded_at", "id"),
)
