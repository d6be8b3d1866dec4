"""Who stands where, and who moved."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from guanxi.db import base_columns
from scoring.tables import MERGED, metadata

member = sa.Table(
    "member",
    metadata,
    *base_columns(),
    sa.Column("segment", sa.Text, nullable=False),
    sa.Column("customer_id", UUID(as_uuid=True), nullable=False),
    sa.Column("tier", sa.Text, nullable=False),
    sa.Column("belongs", sa.Boolean, nullable=False),
    sa.Column("since", sa.Date),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("value", sa.BigInteger),
    sa.Column("profit_minor", sa.BigInteger),
    sa.Column("members", ARRAY(UUID(as_uuid=True)), nullable=False, server_default=sa.text("'{}'")),
    sa.UniqueConstraint("segment", "customer_id"),
    sa.Index("ix_member_tier", "segment", "tier", "customer_id"),
    sa.Index("ix_member_members", "members", postgresql_using="gin", postgresql_where=MERGED),
)
tier_move = sa.Table(
    "tier_move",
    metadata,
    *base_columns(),
    sa.Column("customer_id", UUID(as_uuid=True), nullable=False),
    sa.Column("previous_tier", sa.Text, nullable=False),
    sa.Column("tier", sa.Text, nullable=False),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("moved_on", sa.Date, nullable=False),
    sa.Column("value", sa.BigInteger),
    sa.Index("ix_tier_move_recorded", "recorded_at", "id"),
    sa.Index("ix_tier_move_customer", "customer_id"),
)
