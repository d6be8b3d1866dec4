"""Who looked at a customer in a list or an export is found by an index, not by reading the whole trail."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Index the ids that a row of the audit trail names."""
    op.execute("""CREATE INDEX ix_audit_customers ON audit USING gin ((details->'customers'))
                  WHERE details->'customers' IS NOT NULL""")
