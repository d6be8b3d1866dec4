"""Facts, append-only, and how far each source has told us."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from guanxi.db import personal
from scoring.tables import metadata

fact = sa.Table(
    "fact",
    metadata,
    sa.Column("aggregate_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True),
    sa.Column("customer_id", UUID(as_uuid=True)),
    sa.Column("unit_id", sa.Text, nullable=False),
    sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("amount_minor", sa.BigInteger),
    sa.Column("currency", sa.Text),
    sa.Column("attrs", JSONB, nullable=False, server_default=sa.text("'{}'"), info=personal("text")),
    sa.Column("voided", sa.Boolean, nullable=False),
    sa.Column("event_id", UUID(as_uuid=True), nullable=False),
    sa.Index("ix_fact_customer", "customer_id", "occurred_at"),
    sa.Index("ix_fact_event", "event_id", postgresql_using="brin"),
    sa.Index("ix_fact_referrer", "customer_id", postgresql_where=sa.text("kind = 'referral'")),
    sa.Index("ix_fact_referred", sa.text("(attrs ->> 'referred_id')"), postgresql_where=sa.text("kind = 'referral'")),
    sa.Index("ix_fact_cycle", sa.text("(attrs ->> 'cycle_id')"), postgresql_where=sa.text("attrs ? 'cycle_id'")),
    sa.Index("ix_fact_need", sa.text("(attrs ->> 'interview_id')"), postgresql_where=sa.text("kind = 'need'")),
    sa.Index("ix_fact_goodwill", "occurred_at", postgresql_where=sa.text("kind = 'goodwill'")),
    sa.Index("ix_fact_opinion", "occurred_at", postgresql_where=sa.text("kind = ANY (ARRAY['opinion', 'interview'])")),
)
source_watermark = sa.Table(
    "source_watermark",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("up_to", sa.DateTime(timezone=True), primary_key=True),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
)
