"""What its source calls a record is personal: it goes from what was erased before that was so."""

from alembic import op

revision = "0006"
down_revision = "0005"

_ERASED = "(SELECT id FROM directory_customer WHERE status = 'erased')"
STATEMENTS = (
    *(
        f"UPDATE {table} SET external_ref = NULL WHERE erased_at IS NOT NULL AND external_ref IS NOT NULL"
        for table in ("contact", "promise", "sales_order", "service_record", "opinion", "mention")
    ),
    """UPDATE goods_return SET external_ref = NULL, external_order = NULL
       WHERE erased_at IS NOT NULL AND coalesce(external_ref, external_order) IS NOT NULL""",
    *(
        f"""UPDATE {table} SET external_ref = NULL, external_order = NULL, erased_at = now()
            WHERE erased_at IS NULL AND customer_id IN {_ERASED}"""
        for table in ("delivery", "payment")
    ),
    f"""UPDATE event_log
        SET body = jsonb_set(body, '{{data}}', (body->'data') - '{{external_ref,external_order}}'::text[])
        WHERE subject IN {_ERASED} AND (body->'data') ?| '{{external_ref,external_order}}'::text[]""",
)


def upgrade() -> None:
    """Blank it in the rows and in the log."""
    for statement in STATEMENTS:
        op.execute(statement)
