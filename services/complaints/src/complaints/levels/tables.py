"""Where customers stand in the segments, and which tier earns which service level."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from complaints.tables import metadata
from guanxi.db import base_columns

customer_level = sa.Table(
    "customer_level",
    metadata,
    *base_columns(),
    sa.Column("customer_id", UUID(as_uuid=True), nullable=False, index=True),
    sa.Column("segment", sa.Text, nullable=False),
    sa.Column("tier", sa.Text),
    sa.Column("as_of", sa.Date, nullable=False),
)
tier_level = sa.Table(
    "tier_level",
    metadata,
    sa.Column("tier", sa.Text, primary_key=True),
    sa.Column("level", sa.Text, nullable=False),
)
