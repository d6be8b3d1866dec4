"""What a unit may know of how often its record was changed: merges count for nothing."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make room for it. Each record gets its own with its next change; until then its version is what it shows."""
    op.execute("ALTER TABLE customer_revision ADD COLUMN edition bigint")
    op.execute("ALTER TABLE customer ADD COLUMN edition bigint, ADD COLUMN edited_at timestamptz")
