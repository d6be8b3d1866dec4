"""Templates: one row for each revision, never changed."""

from __future__ import annotations

import sqlalchemy as sa

from guanxi.db import base_columns
from notifications.tables import metadata

template = sa.Table(
    "template",
    metadata,
    *base_columns(),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("class", sa.Text, nullable=False, key="message_class"),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("max_chars", sa.Integer, nullable=False),
    sa.Column("approved_by", sa.Text, nullable=False),
    sa.UniqueConstraint("code", "language", "channel", "revision"),
)
