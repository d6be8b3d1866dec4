"""An erasure finds the threads that have no customer by what their sender calls one."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Index the threads without a customer."""
    op.execute("CREATE INDEX ix_report_aggregate_nobodys ON report_aggregate (source, party) WHERE customer_id IS NULL")
