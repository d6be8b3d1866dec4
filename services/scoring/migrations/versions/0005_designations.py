"""Key customers by decision."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table; who is in the top tier already is proposed when it enters it anew, or by hand."""
    op.execute("""CREATE TABLE designation (
  id uuid NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  recorded_at timestamptz NOT NULL DEFAULT now(),
  unit_id text NOT NULL,
  customer_id uuid NOT NULL,
  status text NOT NULL,
  reason text NOT NULL,
  proposed_by text NOT NULL,
  decided_by text,
  decision_reason text,
  since timestamptz,
  until timestamptz,
  ended_by text,
  end_reason text,
  CONSTRAINT pk_designation PRIMARY KEY (id),
  CONSTRAINT ck_designation_status CHECK (status IN ('proposed', 'approved', 'refused', 'ended')))""")
    op.execute("""CREATE UNIQUE INDEX uq_designation_open ON designation (customer_id)
  WHERE status = ANY (ARRAY['proposed'::text, 'approved'::text])""")
    op.execute("CREATE INDEX ix_designation_customer_id ON designation (customer_id, id)")
    op.execute("CREATE INDEX ix_designation_status ON designation (status, id)")
