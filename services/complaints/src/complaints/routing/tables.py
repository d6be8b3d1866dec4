"""The table of routing rules."""

import sqlalchemy as sa

from complaints.tables import metadata
from guanxi.db import base_columns

routing_rule = sa.Table(
    "routing_rule",
    metadata,
    *base_columns(),
    sa.Column("cause", sa.Text),
    sa.Column("sku_prefix", sa.Text),
    sa.Column("to_unit", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("retired_at", sa.DateTime(timezone=True)),
)
