"""What erasure and the desk look reports up by."""

from alembic import op

revision = "0004"
down_revision = "0003"

_STATEMENTS = (
    "ALTER TABLE inbound_report ADD COLUMN subject uuid",
    "CREATE INDEX ix_inbound_report_subject ON inbound_report (subject) WHERE subject IS NOT NULL",
    """CREATE INDEX ix_inbound_report_named ON inbound_report (source, external_customer)
       WHERE external_customer IS NOT NULL""",
    "CREATE INDEX ix_inbound_report_newest ON inbound_report (source, id)",
    "CREATE INDEX ix_inbound_report_rejected ON inbound_report (id) WHERE status = 'rejected'",
    "CREATE INDEX ix_inbound_report_rejected_unit ON inbound_report (unit_id, id) WHERE status = 'rejected'",
)


def upgrade() -> None:
    """Keep the customer that a report names, and index what is asked for."""
    for statement in _STATEMENTS:
        op.execute(statement)
