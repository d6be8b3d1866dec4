"""Service standards in numbered sets, and the deadlines that follow from them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from complaints.tables import metadata
from guanxi.db import base_columns

standard_set = sa.Table(
    "standard_set",
    metadata,
    *base_columns(),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("handover_limit", sa.Integer, nullable=False),
    sa.Column("wrong_hands_minutes", sa.Integer, nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False),
)
service_standard = sa.Table(
    "service_standard",
    metadata,
    *base_columns(),
    sa.Column("set_number", sa.Integer, sa.ForeignKey("standard_set.number"), nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("business_minutes", sa.Integer, nullable=False),
    sa.CheckConstraint("business_minutes > 0", name="business_minutes"),
    sa.UniqueConstraint("set_number", "level", "step"),
)
deadline = sa.Table(
    "deadline",
    metadata,
    *base_columns(),
    sa.Column("complaint_id", UUID(as_uuid=True), sa.ForeignKey("complaint.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("set_number", sa.Integer, nullable=False),
    sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("paused_at", sa.DateTime(timezone=True)),
    sa.Column("left_seconds", sa.Integer),
    sa.Column("met_at", sa.DateTime(timezone=True)),
    sa.Column("missed_at", sa.DateTime(timezone=True)),
    sa.Column("status", sa.Text, nullable=False),
    sa.CheckConstraint("status IN ('open', 'met', 'missed', 'historic', 'void')", name="status"),
    sa.UniqueConstraint("complaint_id", "kind", "round"),
)
