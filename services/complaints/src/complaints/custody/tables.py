"""The table of custody: one row for each period of holding, and for each that was only asked for."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from complaints.tables import metadata
from guanxi.db import base_columns, personal

custody = sa.Table(
    "custody",
    metadata,
    *base_columns(),
    sa.Column("complaint_id", UUID(as_uuid=True), sa.ForeignKey("complaint.id"), nullable=False),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("from_unit", sa.Text),
    sa.Column("to_unit", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("note", sa.Text, info=personal("text")),
    sa.Column("wrong_door", sa.Boolean, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text),
    sa.Column("began_at", sa.DateTime(timezone=True)),
    sa.Column("ended_at", sa.DateTime(timezone=True)),
    sa.CheckConstraint("status IN ('asked', 'held', 'ended', 'withdrawn')", name="status"),
    sa.UniqueConstraint("complaint_id", "n"),
    sa.Index("ix_custody_held", "complaint_id", unique=True, postgresql_where=sa.text("status = 'held'")),
    sa.Index("ix_custody_asked", "complaint_id", unique=True, postgresql_where=sa.text("status = 'asked'")),
    sa.Index("ix_custody_wrong_door", "from_unit", postgresql_where=sa.text("wrong_door")),
)
