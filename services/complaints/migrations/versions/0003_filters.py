"""Each filter of the list of complaints finds its rows by an index."""

from alembic import op

revision = "0003"
down_revision = "0002"

_INDEXES = (
    ("ix_complaint_cause", "(cause, filed_at, id)"),
    ("ix_complaint_level", "(service_level, filed_at, id)"),
    ("ix_complaint_status", "(status, filed_at, id)"),
    ("ix_complaint_escalated", "(filed_at, id) WHERE escalation_level > 0 AND voided_at IS NULL"),
    (
        "ix_complaint_promised",
        "(promised_at) WHERE status IN ('received', 'assigned', 'in_progress', 'reopened') AND voided_at IS NULL",
    ),
)


def upgrade() -> None:
    """Add the indexes; the last two hold only the few complaints that such a filter is after."""
    for name, columns in _INDEXES:
        op.execute(f"CREATE INDEX {name} ON complaint {columns}")
