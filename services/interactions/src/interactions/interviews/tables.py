"""The table of interviews."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from guanxi.db import personal
from interactions.tables import TIME, UUID, metadata, record_columns

interview = sa.Table(
    "interview",
    metadata,
    *record_columns(reported=False),
    sa.Column("questionnaire", sa.Text, nullable=False),
    sa.Column("questionnaire_version", sa.BigInteger, nullable=False),
    sa.Column("cycle_id", UUID),
    sa.Column("interviewer_id", UUID),
    sa.Column("contact_id", UUID, nullable=False),
    sa.Column("contact_person", sa.Text, info=personal("name")),
    sa.Column("held_at", TIME, nullable=False),
    sa.Column("grades", JSONB, nullable=False),
    sa.Column("words", JSONB, info=personal("text")),
    sa.Column("note", sa.Text, info=personal("text")),
    sa.Column("opportunities", JSONB, info=personal("text")),
    sa.Column("questions", sa.Integer, nullable=False),
    sa.Column("answered", sa.Integer, nullable=False),
    sa.Column("need_count", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("opportunity_count", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Index("ix_interview_customer", "customer_id", "held_at", "id"),
    sa.Index("ix_interview_unit", "unit_id", "held_at", "id"),
    sa.Index("ix_interview_held", "held_at", "id"),
    sa.Index("ix_interview_interviewer", "interviewer_id", "held_at", "id"),
    sa.Index("ix_interview_cycle", "cycle_id", "held_at", "id", postgresql_where=sa.text("cycle_id IS NOT NULL")),
)
