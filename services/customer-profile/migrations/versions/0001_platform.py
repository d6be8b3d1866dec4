"""The tables that every service has: log, outbox, inbox, due, audit, directory."""

from alembic import op

from guanxi.db import platform_statements

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the platform's tables of the first release."""
    for statement in platform_statements(1):
        op.execute(statement)
