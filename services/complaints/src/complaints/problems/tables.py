"""Common problems."""

import sqlalchemy as sa

from complaints.tables import metadata
from guanxi.db import base_columns

TIME = sa.DateTime(timezone=True)

problem = sa.Table(
    "problem",
    metadata,
    *base_columns(),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("sku", sa.Text),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("since", sa.Date, nullable=False),
    sa.Column("complaints", sa.Integer, nullable=False),
    sa.Column("complainants", sa.Integer, nullable=False),
    sa.Column("recognised_by", sa.Text),
    sa.Column("recognised_at", TIME),
    sa.Column("solution", sa.Text),
    sa.Column("remedy", sa.Text),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", TIME),
    # Complaints from before this moment are answered: they make no new problem.
    sa.Column("improved_from", TIME),
    sa.CheckConstraint("status IN ('suspected', 'recognised', 'solution_decided', 'improved')", name="status"),
    # One at a time of each cause and article.
    sa.Index(
        "uq_problem_open",
        "cause",
        sa.text("(COALESCE(sku, ''::text))"),
        unique=True,
        postgresql_where=sa.text("status <> 'improved'"),
    ),
    sa.Index("ix_problem_cause", "cause", "sku"),
)
