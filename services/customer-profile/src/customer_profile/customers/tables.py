"""Tables of the customer's file."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from customer_profile.tables import metadata
from guanxi.db import base_columns, personal

_ID = PG_UUID(as_uuid=True)
_MOMENT = sa.DateTime(timezone=True)

customer = sa.Table(
    "customer",
    metadata,
    *base_columns(),
    sa.Column("canonical_id", _ID, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("lifecycle", sa.Text, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("name", sa.Text, info=personal("name")),
    sa.Column("legal_name", sa.Text, info=personal("name")),
    sa.Column("legal_representative", sa.Text, info=personal("name")),
    sa.Column("contact_person", sa.Text, info=personal("name")),
    sa.Column("address", JSONB, info=personal("address")),
    sa.Column("social_credit_code", sa.Text, info=personal("id")),
    sa.Column("id_number", sa.Text, info=personal("id")),
    sa.Column("birth_date", sa.Date, info=personal("id")),
    sa.Column("industry", sa.Text, info=personal("text")),
    sa.Column("size", sa.Text, info=personal("text")),
    sa.Column("preferences", JSONB, info=personal("text")),
    sa.Column("time_zone", sa.Text),
    sa.Column("acquisition_source", sa.Text, info=personal("text")),
    sa.Column("owner_id", _ID),
    sa.Column("verified_at", _MOMENT, nullable=False),
    sa.Column("verified_by", _ID),
    sa.Column("erased_at", _MOMENT),
    # What its unit may know of: merges count for nothing in them. Null until the first change since there are any.
    sa.Column("edition", sa.BigInteger),
    sa.Column("edited_at", _MOMENT),
    sa.Column("grams", ARRAY(sa.Text), nullable=False, server_default="{}", info=personal("name")),
    sa.Column("credit_code_hash", sa.LargeBinary, info=personal("hash")),
    sa.Index("ix_customer_canonical_id", "canonical_id"),
    *(
        sa.Index(f"ix_customer_{name}", name, "id", postgresql_where=sa.text("erased_at IS NULL"))
        for name in ("kind", "role", "lifecycle", "stage", "industry")
    ),
    sa.Index("ix_customer_unit_id", "unit_id", "id"),
    sa.Index("ix_customer_owner_id", "owner_id", "id", postgresql_where=sa.text("owner_id IS NOT NULL")),
    sa.Index("ix_customer_verified_at", "verified_at", "id"),
    sa.Index("ix_customer_grams", "grams", postgresql_using="gin"),
    sa.Index("ix_customer_credit_code", "credit_code_hash", postgresql_where=sa.text("credit_code_hash IS NOT NULL")),
)

contact_point = sa.Table(
    "contact_point",
    metadata,
    *base_columns(),
    sa.Column("customer_id", _ID, sa.ForeignKey("customer.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False, info=personal("phone")),
    sa.Column("value_hash", sa.LargeBinary, nullable=False, info=personal("hash")),
    sa.Column("preferred", sa.Boolean, nullable=False),
    sa.Column("hours", sa.Text, info=personal("text")),
    sa.Column("source", sa.Text),
    sa.UniqueConstraint("customer_id", "kind", "value_hash"),
    sa.Index("ix_contact_point_value_hash", "value_hash"),
)

customer_revision = sa.Table(
    "customer_revision",
    metadata,
    sa.Column("customer_id", _ID, primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True),
    sa.Column("edition", sa.BigInteger),
    sa.Column("recorded_at", _MOMENT, nullable=False),
    sa.Column("unit_id", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("employee_id", _ID),
    sa.Column("source", sa.Text),
    sa.Column("diff", JSONB, info=personal("text")),
)

# Which of a source's profiles was the last one applied: what arrives late may not undo it.
source_profile = sa.Table(
    "source_profile",
    metadata,
    sa.Column("customer_id", _ID, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("said_at", _MOMENT, nullable=False),
    sa.Column("said_sequence", sa.BigInteger, nullable=False),
    sa.Column("thread_id", _ID),
)

assignment = sa.Table(
    "assignment",
    metadata,
    *base_columns(),
    sa.Column("customer_id", _ID, sa.ForeignKey("customer.id"), nullable=False),
    sa.Column("employee_id", _ID, sa.ForeignKey("employee.id"), nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("since", _MOMENT, nullable=False),
    sa.Column("until", _MOMENT),
    sa.Column("reason", sa.Text),
    sa.Index("ix_assignment_customer_id", "customer_id", "id"),
    sa.Index("ix_assignment_employee_id", "employee_id", "id"),
    sa.Index(
        "uq_assignment_owner",
        "customer_id",
        unique=True,
        postgresql_where=sa.text("role = 'owner'::text AND until IS NULL"),
    ),
)
