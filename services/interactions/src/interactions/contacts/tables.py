"""The table of contacts."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from guanxi.db import personal
from interactions.tables import TIME, UUID, metadata, record_columns

contact = sa.Table(
    "contact",
    metadata,
    *record_columns(),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("employee_id", UUID),
    sa.Column("employee_name", sa.Text, info=personal("name")),
    sa.Column("contact_person", sa.Text, info=personal("name")),
    sa.Column("subject", sa.Text, info=personal("text")),
    sa.Column("content", sa.Text, info=personal("text")),
    sa.Column("outcome", sa.Text),
    sa.Column("need_on", sa.Date),
    sa.Column("occurred_at", TIME, nullable=False),
    sa.Column("duration_s", sa.Integer),
    sa.Column("cues", ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'"), info=personal("text")),
    sa.Column("rival_named", sa.Text, info=personal("text")),
    sa.Column("promise_count", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Index("ix_contact_customer", "customer_id", "occurred_at", "id"),
    sa.Index("ix_contact_unit", "unit_id", "occurred_at", "id"),
    sa.Index("ix_contact_occurred", "occurred_at", "id"),
    sa.Index(
        "ix_contact_employee",
        "employee_id",
        "occurred_at",
        postgresql_where=sa.text("employee_id IS NOT NULL"),
    ),
    sa.Index("ix_contact_channel", "channel", "occurred_at", "id"),
)
