"""Each filter of a list finds its rows by an index, in the order of the list."""

from alembic import op

revision = "0004"
down_revision = "0003"

_INDEXES = (
    ("ix_sales_order_status", "sales_order (status, placed_at, id)"),
    ("ix_contact_channel", "contact (channel, occurred_at, id)"),
    ("ix_promise_status", "promise (status, due_at, id)"),
    ("ix_opinion_questionnaire", "opinion (questionnaire, given_at, id)"),
    ("ix_mention_platform", "mention (platform, observed_at, id)"),
)
_MOMENTS = {"delivery": "delivered_at", "goods_return": "returned_at", "payment": "at"}


def upgrade() -> None:
    """Add the indexes; a customer's records come in the order of their moments."""
    for name, columns in _INDEXES:
        op.execute(f"CREATE INDEX {name} ON {columns}")
    for table, moment in _MOMENTS.items():
        op.execute(f"DROP INDEX ix_{table}_customer")
        op.execute(f"CREATE INDEX ix_{table}_customer ON {table} (customer_id, {moment}, id)")
        op.execute(f"CREATE INDEX ix_{table}_unit ON {table} (unit_id, {moment}, id)")
        op.execute(f"CREATE INDEX ix_{table}_moment ON {table} ({moment}, id)")
        op.execute(f"CREATE INDEX ix_{table}_waiting ON {table} ({moment}, id) WHERE order_id IS NULL")
