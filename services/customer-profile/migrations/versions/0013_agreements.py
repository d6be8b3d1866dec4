"""What was agreed with customers, as it stands and as it stood."""

from alembic import op

revision = "0013"
down_revision = "0012"

SAID = """kind text NOT NULL,
  since date NOT NULL,
  until date,
  clauses jsonb NOT NULL,
  currency text,
  reference text,
  document_hash text,
  changed_by text NOT NULL"""


def upgrade() -> None:
    """Make the two tables."""
    op.execute(f"""
CREATE TABLE agreement (
  id uuid NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  recorded_at timestamptz NOT NULL DEFAULT now(),
  unit_id text NOT NULL,
  customer_id uuid NOT NULL,
  {SAID},
  CONSTRAINT pk_agreement PRIMARY KEY (id),
  CONSTRAINT ck_agreement_kind CHECK (kind IN ('sale', 'service', 'strategic')),
  CONSTRAINT ck_agreement_days CHECK (until >= since),
  CONSTRAINT fk_agreement_customer_id_customer FOREIGN KEY (customer_id) REFERENCES customer (id)
)""")
    op.execute("CREATE INDEX ix_agreement_customer_id ON agreement (customer_id, id)")
    op.execute(f"""
CREATE TABLE agreement_version (
  agreement_id uuid NOT NULL,
  version bigint NOT NULL,
  recorded_at timestamptz NOT NULL,
  customer_id uuid NOT NULL,
  {SAID},
  CONSTRAINT pk_agreement_version PRIMARY KEY (agreement_id, version),
  CONSTRAINT fk_agreement_version_agreement_id_agreement FOREIGN KEY (agreement_id) REFERENCES agreement (id)
)""")
    op.execute("CREATE INDEX ix_agreement_version_customer_id ON agreement_version (customer_id)")
