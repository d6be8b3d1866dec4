"""What its source calls a complaint is personal: it goes from what was erased before that was so."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    "UPDATE complaint SET external_ref = NULL WHERE erased_at IS NOT NULL AND external_ref IS NOT NULL",
    """UPDATE event_log SET body = body #- '{data,external_ref}'
       WHERE (body->'data') ? 'external_ref'
         AND subject IN (SELECT id FROM directory_customer WHERE status = 'erased')""",
)


def upgrade() -> None:
    """Blank it in the rows and in the log."""
    for statement in STATEMENTS:
        op.execute(statement)
