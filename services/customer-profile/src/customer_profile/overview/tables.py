"""The table behind the overview: one row for each thing that another service said of a customer."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from customer_profile.tables import metadata
from guanxi.db import personal

_MOMENT = sa.DateTime(timezone=True)

# Status and body have a sequence each: a fact that only changes the status may come before the one with the body.
overview_item = sa.Table(
    "overview_item",
    metadata,
    sa.Column("section", sa.Text, primary_key=True),
    sa.Column("item_id", PG_UUID(as_uuid=True), primary_key=True),
    sa.Column("customer_id", PG_UUID(as_uuid=True), nullable=False),
    sa.Column("unit_id", sa.Text),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("at", _MOMENT, nullable=False),
    sa.Column("recorded_at", _MOMENT, nullable=False),
    sa.Column("body_sequence", sa.BigInteger),
    sa.Column("body", JSONB, info=personal("text")),
    sa.Index("ix_overview_item_customer_id", "customer_id", "section", "at"),
)
