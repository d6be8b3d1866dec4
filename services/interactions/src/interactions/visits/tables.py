"""The tables of daily visit reports."""

import sqlalchemy as sa

from guanxi.db import base_columns
from interactions.tables import UUID, metadata

visit_report = sa.Table(
    "visit_report",
    metadata,
    *base_columns(),
    sa.Column("employee_id", UUID, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("visits", sa.Integer, nullable=False),
    sa.Column("customers", sa.Integer, nullable=False),
    sa.Column("minutes", sa.Integer, nullable=False),
    sa.Column("cue_count", sa.Integer, nullable=False),
    sa.Column("promise_count", sa.Integer, nullable=False),
    sa.Column("need_count", sa.Integer, nullable=False),
    sa.UniqueConstraint("employee_id", "day"),
    sa.Index("ix_visit_report_recorded", "recorded_at", "id"),
    sa.Index("ix_visit_report_employee", "employee_id", "recorded_at", "id"),
)

visit_line = sa.Table(
    "visit_line",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("report_id", UUID, nullable=False),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("customer_id", UUID, nullable=False),
    sa.Column("contact_id", UUID, nullable=False),
    sa.Column("role", sa.Text),
    sa.Column("plan_item_id", UUID),
    sa.Column("next_item_id", UUID),
    sa.UniqueConstraint("report_id", "n"),
)
