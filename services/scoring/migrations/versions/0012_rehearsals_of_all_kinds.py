"""Rehearsals of all kinds: in what somebody moves, and by which version of existing value that was reckoned.

The release before writes neither column: what it rehearses is existing value.
"""

from alembic import op

revision = "0012"
down_revision = "0011"

STATEMENTS = (
    "ALTER TABLE rehearsal ADD COLUMN value_version integer",
    "UPDATE rehearsal SET value_version = base_version",
    "ALTER TABLE rehearsal_mover ADD COLUMN scope text NOT NULL DEFAULT 'value.existing'",
    """ALTER TABLE rehearsal_mover DROP CONSTRAINT pk_rehearsal_mover,
  ADD CONSTRAINT pk_rehearsal_mover PRIMARY KEY (rehearsal_id, customer_id, scope)""",
)


def upgrade() -> None:
    """Make the columns; what was rehearsed before was existing value."""
    for statement in STATEMENTS:
        op.execute(statement)
