"""Read models that are written anew from the logs, and the logs that are sent for it."""

from alembic import op

from guanxi.db import platform_statements

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the platform's tables of the second release."""
    for statement in platform_statements(2):
        op.execute(statement)
