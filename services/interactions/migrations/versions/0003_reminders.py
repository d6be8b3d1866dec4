"""A promise knows when its promiser was reminded."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the moment of the reminder."""
    op.execute("ALTER TABLE promise ADD COLUMN reminded_at timestamptz")
