"""The address given for a complaint becomes one row a complaint, which a correction changes or clears."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table and take over what was given until now; any later fact about the complaint counts more."""
    op.execute("""
CREATE TABLE ticket (
  id uuid NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  recorded_at timestamptz NOT NULL DEFAULT now(),
  unit_id text NOT NULL,
  customer_id uuid,
  sequence bigint NOT NULL,
  void boolean NOT NULL DEFAULT false,
  channel text,
  address text,
  said_at timestamptz NOT NULL,
  CONSTRAINT pk_ticket PRIMARY KEY (id)
)""")
    op.execute("CREATE INDEX ix_ticket_customer_id ON ticket (customer_id) WHERE customer_id IS NOT NULL")
    op.execute("""
INSERT INTO ticket (id, unit_id, customer_id, sequence, channel, address, said_at)
SELECT DISTINCT ON (ticket_id) ticket_id, unit_id, customer_id, 0, channel, address, said_at FROM permission_event
WHERE ticket_id IS NOT NULL AND state = 'granted' AND address IS NOT NULL ORDER BY ticket_id, created_at DESC""")
    op.execute("ALTER TABLE permission_event DROP COLUMN address")
