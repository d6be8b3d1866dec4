"""By which versions of everything a rehearsal was reckoned; null where a release before has written it."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the column."""
    op.execute("ALTER TABLE rehearsal ADD COLUMN used jsonb")
