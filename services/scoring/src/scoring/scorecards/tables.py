"""Every published version of the rules, kept for ever."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from scoring.tables import metadata

scorecard = sa.Table(
    "scorecard",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("body", JSONB, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("published_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
)
