"""Alerts, the rules that raise them, and which causes are settled."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from guanxi.db import base_columns, personal
from notifications.tables import metadata

STATES = ("raised", "seen", "done", "escalated")
MODES = ("all", "first")

alert_rule = sa.Table(
    "alert_rule",
    metadata,
    *base_columns(),
    sa.Column("code", sa.Text, nullable=False, unique=True),
    sa.Column("fact", sa.Text, nullable=False),
    sa.Column("recipients", ARRAY(sa.Text), nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("tiers", ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'")),
    sa.Column("urgent", sa.Boolean, nullable=False),
    sa.Column("escalate_after", sa.Integer),
    sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.text("true")),
    sa.CheckConstraint(sa.column("mode").in_(MODES), name="mode"),
)

alert = sa.Table(
    "alert",
    metadata,
    *base_columns(),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("employee_id", PG_UUID(as_uuid=True)),
    sa.Column("customer_id", PG_UUID(as_uuid=True)),
    sa.Column("cause_type", sa.Text, nullable=False),
    sa.Column("cause_id", PG_UUID(as_uuid=True), nullable=False),
    sa.Column("cause_sequence", sa.BigInteger, nullable=False),
    sa.Column("cause_event_id", PG_UUID(as_uuid=True), nullable=False),
    sa.Column("facts", JSONB, nullable=False),
    sa.Column("urgent", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("due_at", sa.DateTime(timezone=True)),
    sa.Column("seen_at", sa.DateTime(timezone=True)),
    sa.Column("done_at", sa.DateTime(timezone=True)),
    sa.Column("settled_by", sa.Text),
    sa.Column("note", sa.Text, info=personal("text")),
    sa.Column("escalated_from", PG_UUID(as_uuid=True)),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sa.UniqueConstraint("rule", "cause_event_id", "recipient"),
    sa.CheckConstraint(sa.column("state").in_(STATES), name="state"),
    sa.Index("ix_alert_employee_id_changed_at", "employee_id", "changed_at"),
    sa.Index("ix_alert_unit_id_changed_at", "unit_id", "changed_at", postgresql_where=sa.text("employee_id IS NULL")),
    sa.Index("ix_alert_employee_id_id", "employee_id", "id"),
    sa.Index("ix_alert_unit_id_id", "unit_id", "id", postgresql_where=sa.text("employee_id IS NULL")),
    sa.Index("ix_alert_cause_id", "cause_id", postgresql_where=sa.text("state IN ('raised', 'seen')")),
    sa.Index("ix_alert_customer_id", "customer_id", postgresql_where=sa.text("customer_id IS NOT NULL")),
)
"""Without an employee it stands in the inbox of everybody in the unit. Facts hold codes, numbers and times, and
what the firm itself has published; never a person's words."""

settled_cause = sa.Table("settled_cause", metadata, *base_columns())
"""Causes that need nobody any more; `version` is the sequence up to which: what was said before it raises nothing."""
