"""Agreements as they stand, and every version that they had."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from customer_profile.tables import metadata
from guanxi.db import base_columns, personal

_ID = PG_UUID(as_uuid=True)

agreement = sa.Table(
    "agreement",
    metadata,
    *base_columns(),
    sa.Column("customer_id", _ID, sa.ForeignKey("customer.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("since", sa.Date, nullable=False),
    sa.Column("until", sa.Date),
    sa.Column("clauses", JSONB, nullable=False),
    sa.Column("currency", sa.Text),
    sa.Column("reference", sa.Text, info=personal("text")),
    sa.Column("document_hash", sa.Text, info=personal("hash")),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.CheckConstraint("kind IN ('sale', 'service', 'strategic')", name="kind"),
    sa.CheckConstraint("until >= since", name="days"),
    sa.Index("ix_agreement_customer_id", "customer_id", "id"),
)
"""Whose it is stays for ever: who counts as one customer with them is asked when it is read."""

agreement_version = sa.Table(
    "agreement_version",
    metadata,
    sa.Column("agreement_id", _ID, sa.ForeignKey("agreement.id"), primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("customer_id", _ID, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("since", sa.Date, nullable=False),
    sa.Column("until", sa.Date),
    sa.Column("clauses", JSONB, nullable=False),
    sa.Column("currency", sa.Text),
    sa.Column("reference", sa.Text, info=personal("text")),
    sa.Column("document_hash", sa.Text, info=personal("hash")),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Index("ix_agreement_version_customer_id", "customer_id"),
)
"""What each version said, the newest too; never changed but by erasure."""
