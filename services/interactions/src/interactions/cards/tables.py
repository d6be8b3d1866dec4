"""The tables of invitations and printed cards; of a code only the hash is kept."""

import sqlalchemy as sa

from guanxi.db import base_columns
from interactions.tables import TIME, UUID, metadata, record_columns

invitation = sa.Table(
    "invitation",
    metadata,
    *record_columns(reported=False),
    sa.Column("questionnaire", sa.Text, nullable=False),
    sa.Column("questionnaire_version", sa.BigInteger, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("handed_by", UUID),
    sa.Column("invited_at", TIME, nullable=False),
    sa.Column("lapses_at", TIME, nullable=False),
    sa.Column("code_hash", sa.Text, nullable=False, unique=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.CheckConstraint("status IN ('issued', 'answered', 'lapsed')", name="status"),
    sa.Index("ix_invitation_customer", "customer_id", "invited_at", "id"),
    sa.Index("ix_invitation_unit", "unit_id", "invited_at", "id"),
    sa.Index("ix_invitation_invited", "invited_at", "id"),
    sa.Index("ix_invitation_status", "status", "invited_at", "id"),
)

print_run = sa.Table(
    "print_run",
    metadata,
    *base_columns(),
    sa.Column("questionnaire", sa.Text, nullable=False),
    sa.Column("questionnaire_version", sa.BigInteger, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Index("ix_print_run_questionnaire", "questionnaire", "recorded_at", "id"),
)

printed_card = sa.Table(
    "printed_card",
    metadata,
    sa.Column("run_id", UUID, primary_key=True),
    sa.Column("n", sa.Integer, primary_key=True),
    sa.Column("code_hash", sa.Text, nullable=False, unique=True),
    sa.Column("used", sa.Boolean, nullable=False, server_default=sa.text("false")),
)
