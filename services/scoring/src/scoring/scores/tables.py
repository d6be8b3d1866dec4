"""Scores as they are, as they were, and the customers whose scores must be computed anew."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from guanxi.db import base_columns
from scoring.tables import MERGED, metadata


def _result_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("value", sa.BigInteger),
        sa.Column("inputs", JSONB, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("reasons", JSONB, nullable=False, server_default=sa.text("'[]'")),
        sa.Column("scorecard", sa.Integer),
        sa.Column("members", ARRAY(UUID(as_uuid=True)), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("computed_at", sa.DateTime(timezone=True)),
    ]


score_series = sa.Table(
    "score_series",
    metadata,
    *base_columns(),
    sa.Column("customer_id", UUID(as_uuid=True), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("as_of", sa.Date),
    sa.Column("band", sa.Text),
    *_result_columns(),
    sa.Column("ended_at", sa.DateTime(timezone=True)),
    sa.UniqueConstraint("customer_id", "kind"),
    sa.Index("ix_score_series_value", "kind", "value", "customer_id", postgresql_where=sa.text("ended_at IS NULL")),
    sa.Index("ix_score_series_members", "members", postgresql_using="gin", postgresql_where=MERGED),
)
score = sa.Table(
    "score",
    metadata,
    sa.Column("customer_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("as_of", sa.Date, primary_key=True),
    sa.Column("band", sa.Text, nullable=False),
    *_result_columns(),
    sa.Index("ix_score_members", "members", postgresql_using="gin", postgresql_where=MERGED),
)
dirty = sa.Table(
    "dirty",
    metadata,
    sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("customer_id", UUID(as_uuid=True), nullable=False),
    sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    sa.Column("newest_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("urgency", sa.SmallInteger, nullable=False),
    sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("ix_dirty_due", "urgency", "due_at", "seq"),
    sa.Index("ix_dirty_customer", "customer_id"),
)
sweep = sa.Table(
    "sweep",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("reached", UUID(as_uuid=True)),
    sa.Column("ended_at", sa.DateTime(timezone=True)),
)
