"""What was told of purchases and of customers' standing, the policies, and what people decided about held benefits."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from complaints.tables import metadata
from guanxi.db import base_columns

TIME = sa.DateTime(timezone=True)

# One row for each version of a record, named for the event that told it: whatever comes late, twice or shuffled is
# among them, and what was promised by an earlier version can still be seen.
purchase = sa.Table(
    "purchase",
    metadata,
    *base_columns(),
    sa.Column("record_id", UUID(as_uuid=True), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("customer_id", UUID(as_uuid=True)),
    sa.Column("order_id", UUID(as_uuid=True)),
    sa.Column("at", TIME, nullable=False),
    sa.Column("currency", sa.Text),
    sa.Column("amount_minor", sa.BigInteger),
    sa.Column("lines", JSONB, nullable=False),
    sa.Column("voided", sa.Boolean, nullable=False),
    sa.CheckConstraint("kind IN ('order', 'delivery', 'return', 'service')", name="kind"),
    sa.Index("ix_purchase_customer", "customer_id", "record_id"),
    sa.Index("ix_purchase_record", "record_id"),
    # The orders of which more than one version is known: only there can a correction take a benefit away.
    sa.Index("ix_purchase_corrected", "record_id", postgresql_where=sa.text("kind = 'order' AND version > 1")),
    sa.Index("ix_purchase_at", "at", postgresql_where=sa.text("kind = 'order'")),
)
# One row for each version of an agreement, named as above: what an earlier version had promised can still be seen.
agreement_copy = sa.Table(
    "agreement_copy",
    metadata,
    *base_columns(),
    sa.Column("agreement_id", UUID(as_uuid=True), nullable=False),
    sa.Column("customer_id", UUID(as_uuid=True), nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("since", sa.Date, nullable=False),
    sa.Column("until", sa.Date),
    sa.Column("currency", sa.Text),
    sa.Column("clauses", JSONB, nullable=False),
    sa.Index("ix_agreement_copy_agreement_id", "agreement_id"),
    sa.Index("ix_agreement_copy_changed", "agreement_id", postgresql_where=sa.text("version > 1")),
)
tier_change = sa.Table(
    "tier_change",
    metadata,
    *base_columns(),
    sa.Column("series_id", UUID(as_uuid=True), nullable=False),
    sa.Column("customer_id", UUID(as_uuid=True), nullable=False, index=True),
    sa.Column("segment", sa.Text, nullable=False),
    sa.Column("tier", sa.Text),
    sa.Column("as_of", sa.Date, nullable=False),
)
key_customer = sa.Table(
    "key_customer",
    metadata,
    *base_columns(),
    sa.Column("customer_id", UUID(as_uuid=True), nullable=False, index=True),
    sa.Column("since", TIME, nullable=False),
    sa.Column("until", TIME),
)
customer_region = sa.Table(
    "customer_region",
    metadata,
    *base_columns(),
    sa.Column("region", sa.Text),
)
entitlement_policy = sa.Table(
    "entitlement_policy",
    metadata,
    *base_columns(),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("effective_from", sa.Date, nullable=False),
    sa.Column("body", JSONB, nullable=False),
    sa.Column("rehearsal", JSONB),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("approved_by", sa.Text),
    sa.Column("approver_id", UUID(as_uuid=True)),
    sa.Column("approved_at", TIME),
    sa.Column("published_at", TIME),
    sa.CheckConstraint("status IN ('draft', 'rehearsed', 'approved', 'published', 'retired')", name="status"),
)
entitlement_decision = sa.Table(
    "entitlement_decision",
    metadata,
    *base_columns(),
    sa.Column("order_id", UUID(as_uuid=True), nullable=False, unique=True),
    sa.Column("customer_id", UUID(as_uuid=True), nullable=False),
    sa.Column("at_version", sa.BigInteger, nullable=False),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.CheckConstraint("decision IN ('kept', 'withdrawn')", name="decision"),
)
# One row for each clause of each earlier version that a person was shown: what was shown to nobody is not decided.
agreement_decision = sa.Table(
    "agreement_decision",
    metadata,
    *base_columns(),
    sa.Column("agreement_id", UUID(as_uuid=True), nullable=False),
    sa.Column("customer_id", UUID(as_uuid=True), nullable=False),
    sa.Column("promised_version", sa.BigInteger, nullable=False),
    sa.Column("clause", sa.Text, nullable=False),
    sa.Column("at_version", sa.BigInteger, nullable=False),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.UniqueConstraint("agreement_id", "promised_version", "clause"),
    sa.CheckConstraint("decision IN ('kept', 'withdrawn')", name="decision"),
)
