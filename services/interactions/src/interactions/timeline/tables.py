"""The timeline: one thin row for each thing that happened, with codes and never with words."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from interactions.tables import TIME, UUID, metadata

timeline_entry = sa.Table(
    "timeline_entry",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("customer_id", UUID, nullable=False),
    sa.Column("at", TIME, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("unit_id", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", TIME, nullable=False, server_default=sa.text("now()")),
    sa.Column("summary", JSONB, nullable=False),
    sa.Column("voided", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Index(
        "ix_timeline_entry_customer",
        "customer_id",
        sa.text("at DESC"),
        sa.text("id DESC"),
        postgresql_where=sa.text("NOT voided"),
    ),
)
