"""Tables of matching: what records are compared by, the pairs that were found, and the numbered policies."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from customer_profile.tables import metadata
from guanxi.db import base_columns, personal

_ID = PG_UUID(as_uuid=True)
_MOMENT = sa.DateTime(timezone=True)

match_record = sa.Table(
    "match_record",
    metadata,
    sa.Column("customer_id", _ID, primary_key=True),
    sa.Column("features", JSONB, nullable=False, info=personal("text")),
    sa.Column("policy_number", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", _MOMENT, nullable=False),
    sa.Index("ix_match_record_policy", "policy_number", "customer_id"),
)

match_key = sa.Table(
    "match_key",
    metadata,
    sa.Column("hash", sa.LargeBinary, primary_key=True, info=personal("hash")),
    sa.Column("customer_id", _ID, primary_key=True),
    sa.Index("ix_match_key_customer_id", "customer_id"),
)

# One row a pair, `left_id` the older id. What was compared stays as levels and bits: no value of a customer is in it.
match_candidate = sa.Table(
    "match_candidate",
    metadata,
    *base_columns(),
    sa.Column("left_id", _ID, nullable=False),
    sa.Column("right_id", _ID, nullable=False),
    sa.Column("millibits", sa.BigInteger, nullable=False),
    sa.Column("parts", JSONB, nullable=False),
    sa.Column("band", sa.Text, nullable=False),
    sa.Column("held_by", ARRAY(sa.Text), nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("policy_number", sa.BigInteger, nullable=False),
    sa.Column("joined_once", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("decided_at", _MOMENT),
    sa.Column("decided_by", sa.Text),
    sa.Column("reason", sa.Text),
    sa.UniqueConstraint("left_id", "right_id"),
    sa.Index("ix_match_candidate_right_id", "right_id"),
    sa.Index("ix_match_candidate_status", "status", "millibits", "id"),
)

match_policy = sa.Table(
    "match_policy",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("created_at", _MOMENT, nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("automatic", sa.Boolean, nullable=False),
    sa.Column("auto_from", sa.Double, nullable=False),
    sa.Column("review_from", sa.Double, nullable=False),
    sa.Column("weights", JSONB),
)
