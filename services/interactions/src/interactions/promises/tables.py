"""The table of promises."""

import sqlalchemy as sa

from guanxi.db import personal
from interactions.tables import TIME, UUID, metadata, record_columns

promise = sa.Table(
    "promise",
    metadata,
    *record_columns(),
    sa.Column("contact_id", UUID),
    sa.Column("slot", sa.Integer),
    sa.Column("what", sa.Text, info=personal("text")),
    sa.Column("what_code", sa.Text),
    sa.Column("promiser_id", UUID),
    sa.Column("promiser_name", sa.Text, info=personal("name")),
    sa.Column("fulfilling_unit", sa.Text, nullable=False),
    sa.Column("made_at", TIME, nullable=False),
    sa.Column("due_at", TIME, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("settled_at", TIME),
    sa.Column("settled_by", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("note", sa.Text, info=personal("text")),
    sa.Column("replaced_by", UUID),
    sa.Column("replaces", UUID),
    sa.Column("reminded_at", TIME),
    sa.CheckConstraint(
        "status IN ('open', 'kept', 'broken', 'renegotiated', 'withdrawn', 'historic')",
        name="status",
    ),
    sa.Index("ix_promise_customer", "customer_id", "due_at", "id"),
    sa.Index("ix_promise_contact", "contact_id"),
    sa.Index("ix_promise_promiser", "promiser_id", "due_at", "id"),
    sa.Index("ix_promise_unit", "unit_id", "due_at", "id"),
    sa.Index("ix_promise_due", "due_at", "id"),
    sa.Index("ix_promise_status", "status", "due_at", "id"),
)
