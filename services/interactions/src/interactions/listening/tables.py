"""The tables of opinions and mentions."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from guanxi.db import personal
from interactions.tables import TIME, UUID, metadata, record_columns

opinion = sa.Table(
    "opinion",
    metadata,
    *record_columns(anonymous=True),
    sa.Column("questionnaire", sa.Text, nullable=False),
    sa.Column("given_at", TIME, nullable=False),
    sa.Column("grades", JSONB, nullable=False),
    sa.Column("free_text", sa.Text, info=personal("text")),
    sa.Column("kind", sa.Text),
    sa.Column("questionnaire_version", sa.BigInteger),
    sa.Column("invitation_id", UUID),
    sa.Index("ix_opinion_customer", "customer_id", "given_at", "id"),
    sa.Index("ix_opinion_unit", "unit_id", "given_at", "id"),
    sa.Index("ix_opinion_given", "given_at", "id"),
    sa.Index("ix_opinion_questionnaire", "questionnaire", "given_at", "id"),
)

mention = sa.Table(
    "mention",
    metadata,
    *record_columns(anonymous=True),
    sa.Column("platform", sa.Text, nullable=False),
    sa.Column("observed_at", TIME, nullable=False),
    sa.Column("handle", sa.Text, info=personal("name")),
    sa.Column("text", sa.Text, info=personal("text")),
    sa.Column("url", sa.Text, info=personal("text")),
    sa.Column("sentiment", sa.Text),
    sa.Index("ix_mention_customer", "customer_id", postgresql_where=sa.text("customer_id IS NOT NULL")),
    sa.Index("ix_mention_unit", "unit_id", "observed_at", "id"),
    sa.Index("ix_mention_observed", "observed_at", "id"),
    sa.Index("ix_mention_platform", "platform", "observed_at", "id"),
)
