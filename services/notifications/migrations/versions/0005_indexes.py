"""Lists in the order of an index, deliveries by subscriber, and whose an address is."""

from alembic import op

revision = "0005"
down_revision = "0004"

_STATEMENTS = (
    "CREATE INDEX ix_message_unit_id_id ON message (unit_id, id)",
    "CREATE INDEX ix_message_status_id ON message (status, id)",
    "CREATE INDEX ix_alert_employee_id_id ON alert (employee_id, id)",
    "CREATE INDEX ix_alert_unit_id_id ON alert (unit_id, id) WHERE employee_id IS NULL",
    "CREATE INDEX ix_feed_delivery_subscription_id_id ON feed_delivery (subscription_id, id)",
    """CREATE INDEX ix_feed_delivery_subscription_id_next_at ON feed_delivery (subscription_id, next_at)
       WHERE status IN ('queued', 'sending')""",
    "DROP INDEX ix_feed_delivery_next_at",
    "ALTER TABLE message ADD COLUMN address_of uuid",
    """UPDATE message m SET address_of = coalesce(
         (SELECT d.id FROM directory_customer o JOIN directory_customer d USING (canonical_id)
          WHERE o.id = m.customer_id AND m.address = ANY(d.emails) ORDER BY d.id = m.customer_id DESC LIMIT 1),
         m.customer_id)
       WHERE m.address IS NOT NULL AND m.customer_id IS NOT NULL""",
    "CREATE INDEX ix_message_address_of ON message (address_of) WHERE address_of IS NOT NULL",
)


def upgrade() -> None:
    """Make the indexes and find out, as far as the directory tells, whose the addresses of sent messages are."""
    for statement in _STATEMENTS:
        op.execute(statement)
