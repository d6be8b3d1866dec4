"""The table of referrals."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from customer_profile.tables import metadata
from guanxi.db import base_columns

_ID = PG_UUID(as_uuid=True)

referral = sa.Table(
    "referral",
    metadata,
    *base_columns(),
    sa.Column("referrer_id", _ID, sa.ForeignKey("customer.id"), nullable=False),
    sa.Column("referred_id", _ID, sa.ForeignKey("customer.id"), nullable=False),
    sa.Column("referred_on", sa.Date, nullable=False),
    sa.Column("entered_by", sa.Text, nullable=False),
    sa.Column("voided_at", sa.DateTime(timezone=True)),
    sa.Column("voided_by", sa.Text),
    sa.CheckConstraint("referrer_id <> referred_id", name="others"),
    sa.Index("ix_referral_referrer_id", "referrer_id", "id"),
    sa.Index("ix_referral_referred_id", "referred_id", "id"),
    sa.Index("uq_referral_standing", "referred_id", unique=True, postgresql_where=sa.text("voided_at IS NULL")),
)
"""Both ids are those given, for ever: who counts as one customer with them is asked when a referral is read."""
