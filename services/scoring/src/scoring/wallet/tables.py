"""Estimates of what customers spend; none is ever changed, a newer one takes its place."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from guanxi.db import base_columns
from scoring.tables import metadata

wallet_estimate = sa.Table(
    "wallet_estimate",
    metadata,
    *base_columns(),
    sa.Column("customer_id", UUID(as_uuid=True), nullable=False),
    sa.Column("estimated_on", sa.Date, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("total_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("industry_stage", sa.Text),
    sa.Column("entered_by", sa.Text, nullable=False),
    sa.CheckConstraint("total_minor >= 0", name="total_minor"),
    sa.Index("ix_wallet_estimate_customer_id", "customer_id", "estimated_on"),
)
