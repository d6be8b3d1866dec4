"""The table of questionnaires: a row for each version, never changed."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from guanxi.db import base_columns
from interactions.tables import metadata

questionnaire = sa.Table(
    "questionnaire",
    metadata,
    *base_columns(),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("title", JSONB, nullable=False),
    sa.Column("questions", JSONB, nullable=False),
    sa.Column("lowest", sa.Integer, nullable=False),
    sa.Column("highest", sa.Integer, nullable=False),
    sa.Column("lapse_days", sa.Integer, nullable=False),
    sa.UniqueConstraint("code", "version"),
    sa.CheckConstraint("kind IN ('card', 'survey', 'exit', 'interview')", name="kind"),
)
