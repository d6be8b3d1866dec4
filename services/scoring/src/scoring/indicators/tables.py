"""Quality indicators in numbered versions; a version never changes."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from guanxi.db import base_columns
from scoring.tables import metadata

quality_indicators = sa.Table(
    "quality_indicators",
    metadata,
    *base_columns(),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("indicators", JSONB, nullable=False),
    sa.Column("cycle_id", UUID(as_uuid=True)),
    sa.Column("set_by", UUID(as_uuid=True)),
)
