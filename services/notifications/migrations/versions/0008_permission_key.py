"""One unique key a permission: its id is made of customer, purpose and channel.

PostgreSQL arbitrates an upsert by one unique index. By a second one of the same key, whoever was a moment slower with
the first word about a permission was refused.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

_STATEMENTS = (
    "CREATE INDEX ix_permission_customer_id ON permission (customer_id)",
    "ALTER TABLE permission DROP CONSTRAINT uq_permission_customer_id_purpose_channel",
)


def upgrade() -> None:
    """Keep an index to find a customer's permissions by."""
    for statement in _STATEMENTS:
        op.execute(statement)
