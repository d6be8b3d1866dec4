"""Tables of aliases and merges."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from customer_profile.tables import metadata
from guanxi.db import base_columns, personal

_ID = PG_UUID(as_uuid=True)
_MOMENT = sa.DateTime(timezone=True)

# No foreign key to `customer`: the alias is claimed first, its winner then makes the row, in the same transaction.
# `ref_hash` outlives an erasure, so that a late report of an erased customer is known as such and registers nobody.
alias = sa.Table(
    "alias",
    metadata,
    *base_columns(),
    sa.Column("customer_id", _ID, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("external_ref", sa.Text, info=personal("text")),
    sa.Column("ref_hash", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("source", "ref_hash"),
    sa.Index("ix_alias_customer_id", "customer_id", "id"),
)

merge = sa.Table(
    "merge",
    metadata,
    *base_columns(),
    sa.Column("survivor_id", _ID, nullable=False),
    sa.Column("absorbed_id", _ID, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("merged_by", sa.Text, nullable=False),
    sa.Column("before_image", JSONB, info=personal("text")),
    sa.Column("undone_at", _MOMENT),
    sa.Column("undone_by", sa.Text),
    sa.Column("undone_reason", sa.Text),
    sa.Index("ix_merge_survivor_id", "survivor_id", "id"),
    sa.Index("ix_merge_absorbed_id", "absorbed_id", "id"),
)
