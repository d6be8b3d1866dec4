"""What was said: our answers, the customer's replies and their verdicts."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from complaints.tables import metadata
from guanxi.db import base_columns, personal


def _of_complaint() -> sa.Column[object]:
    return sa.Column("complaint_id", UUID(as_uuid=True), sa.ForeignKey("complaint.id"), nullable=False, index=True)


answer = sa.Table(
    "answer",
    metadata,
    *base_columns(),
    _of_complaint(),
    sa.Column("text", sa.Text, info=personal("text")),
    sa.Column("remedy", sa.Text),
    sa.Column("answered_by", UUID(as_uuid=True)),
    sa.Column("quality", sa.SmallInteger),
    sa.Column("conduct", ARRAY(sa.Text), nullable=False),
    sa.Column("in_time", sa.Boolean),
)
reply = sa.Table(
    "reply",
    metadata,
    *base_columns(),
    _of_complaint(),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("text", sa.Text, info=personal("text")),
)
verdict = sa.Table(
    "verdict",
    metadata,
    *base_columns(),
    _of_complaint(),
    sa.Column("solved", sa.Boolean, nullable=False),
    sa.Column("given_by", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, info=personal("text")),
)
