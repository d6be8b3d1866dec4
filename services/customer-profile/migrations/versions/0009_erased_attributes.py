"""What an erased customer's record said of its trade, its size and how it came goes as well."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Blank what earlier erasures left."""
    op.execute("""UPDATE customer SET industry = NULL, size = NULL, acquisition_source = NULL
                  WHERE erased_at IS NOT NULL""")
