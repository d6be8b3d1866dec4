"""What a unit may know of how often its record was changed: merges count for nothing."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Count the changes so far that were not of merges alone; of an erased record all count."""
    op.execute("ALTER TABLE customer_revision ADD COLUMN edition bigint")
    op.execute("""
UPDATE customer_revision r SET edition = n.edition
FROM (SELECT customer_id, version,
        1 + count(*) FILTER (WHERE coalesce(diff - 'canonical_id' <> '{}', true))
          OVER (PARTITION BY customer_id ORDER BY version) AS edition
      FROM customer_revision) n
WHERE r.customer_id = n.customer_id AND r.version = n.version""")
    op.execute("ALTER TABLE customer_revision ALTER COLUMN edition SET NOT NULL")
    op.execute("ALTER TABLE customer ADD COLUMN edition bigint NOT NULL DEFAULT 1")
    op.execute("ALTER TABLE customer ADD COLUMN edited_at timestamptz NOT NULL DEFAULT now()")
    op.execute("UPDATE customer SET edited_at = recorded_at")
    # Of one that was only ever merged its id tells when it was opened.
    op.execute("""
UPDATE customer c
SET edition = n.edition, edited_at = coalesce(n.edited_at, uuid_extract_timestamp(c.id), c.recorded_at)
FROM (SELECT customer_id, max(edition) AS edition,
        max(recorded_at) FILTER (WHERE coalesce(diff - 'canonical_id' <> '{}', true)) AS edited_at
      FROM customer_revision GROUP BY customer_id) n
WHERE c.id = n.customer_id""")
