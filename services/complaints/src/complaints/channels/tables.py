"""What the public is told: the policy and the avenues, in each language."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from complaints.tables import metadata
from guanxi.db import base_columns

complaint_channel = sa.Table(
    "complaint_channel",
    metadata,
    *base_columns(),
    sa.Column("code", sa.Text, nullable=False, unique=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("names", JSONB, nullable=False),
    sa.Column("free", sa.Boolean, nullable=False),
)
complaint_policy = sa.Table(
    "complaint_policy",
    metadata,
    *base_columns(),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.UniqueConstraint("number", "language"),
)
