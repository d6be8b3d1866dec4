"""Which profile of a source was applied last, and an index for each filter of the customer list."""

from alembic import op

revision = "0005"
down_revision = "0004"

_FILTERS = ("kind", "role", "lifecycle", "stage", "industry")


def upgrade() -> None:
    """Add the column and the indexes."""
    op.execute("ALTER TABLE source_profile ADD COLUMN thread_id uuid")
    for name in _FILTERS:
        op.execute(f"CREATE INDEX ix_customer_{name} ON customer ({name}, id) WHERE erased_at IS NULL")
