"""The table of tickets."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from complaints.tables import metadata
from guanxi.db import base_columns, personal

TIME = sa.DateTime(timezone=True)
# Partial indexes serve only queries that say literally what they say: a value bound to a parameter proves nothing.
ESCALATED = "escalation_level > 0"
OUR_TURN = "status IN ('received', 'assigned', 'in_progress', 'reopened')"

complaint = sa.Table(
    "complaint",
    metadata,
    *base_columns(),
    sa.Column("number", sa.Text, nullable=False, unique=True),
    sa.Column("customer_id", UUID(as_uuid=True)),
    sa.Column("source", sa.Text),
    sa.Column("external_ref", sa.Text, info=personal("reference")),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("about", sa.Text),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("sku", sa.Text),
    sa.Column("text", sa.Text, info=personal("text")),
    sa.Column("wish", sa.Text, info=personal("text")),
    sa.Column("reply_channel", sa.Text),
    sa.Column("reply_address", sa.Text, info=personal("address")),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("holder_unit", sa.Text, nullable=False),
    sa.Column("holder_id", UUID(as_uuid=True)),
    sa.Column("offered_to", sa.Text),
    sa.Column("service_level", sa.Text, nullable=False),
    sa.Column("historic", sa.Boolean, nullable=False),
    sa.Column("filed_at", TIME, nullable=False),
    sa.Column("promised_at", TIME),
    sa.Column("acknowledged_at", TIME),
    sa.Column("answered_at", TIME),
    sa.Column("resolved_at", TIME),
    sa.Column("closed_at", TIME),
    sa.Column("solved", sa.Boolean),
    sa.Column("remedy", sa.Text),
    sa.Column("reopen_count", sa.Integer, nullable=False),
    sa.Column("handovers", sa.Integer, nullable=False),
    sa.Column("wrong_minutes", sa.Integer, nullable=False),
    sa.Column("escalation_level", sa.Integer, nullable=False),
    sa.Column("erased_at", TIME),
    sa.Column("voided_at", TIME),
    sa.CheckConstraint(
        "status IN ('received', 'assigned', 'in_progress', 'waiting_for_customer', 'answered', 'resolved', 'closed',"
        " 'reopened')",
        name="status",
    ),
    sa.CheckConstraint("holder_unit <> ''", name="holder_unit"),
    sa.Index("ix_complaint_filed", "filed_at", "id"),
    sa.Index("ix_complaint_customer", "customer_id", "filed_at"),
    sa.Index("ix_complaint_holder_unit", "holder_unit", "filed_at"),
    sa.Index("ix_complaint_holder", "holder_id"),
    sa.Index("ix_complaint_unit", "unit_id", "filed_at"),
    sa.Index("ix_complaint_cause", "cause", "filed_at", "id"),
    sa.Index("ix_complaint_level", "service_level", "filed_at", "id"),
    sa.Index("ix_complaint_status", "status", "filed_at", "id"),
    sa.Index(
        "ix_complaint_escalated", "filed_at", "id", postgresql_where=sa.text(f"{ESCALATED} AND voided_at IS NULL")
    ),
    sa.Index("ix_complaint_promised", "promised_at", postgresql_where=sa.text(f"{OUR_TURN} AND voided_at IS NULL")),
)
