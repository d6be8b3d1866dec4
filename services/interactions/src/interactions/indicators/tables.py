"""The table of the quality indicators' versions."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from guanxi.db import base_columns
from interactions.tables import metadata

indicator_set = sa.Table(
    "indicator_set",
    metadata,
    *base_columns(),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("indicators", JSONB, nullable=False),
    sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("ix_indicator_set_number", "number"),
)
