"""What was told of agreements with customers, and decisions on what they had promised."""

from alembic import op

revision = "0009"
down_revision = "0008"

BASE = """id uuid NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  recorded_at timestamptz DEFAULT now() NOT NULL,
  unit_id text NOT NULL"""

STATEMENTS = (
    f"""CREATE TABLE agreement_copy (
  {BASE},
  agreement_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  kind text NOT NULL,
  since date NOT NULL,
  until date,
  currency text,
  clauses jsonb NOT NULL,
  CONSTRAINT pk_agreement_copy PRIMARY KEY (id)
)""",
    "CREATE INDEX ix_agreement_copy_customer_id ON agreement_copy (customer_id)",
    "CREATE INDEX ix_agreement_copy_agreement_id ON agreement_copy (agreement_id)",
    "CREATE INDEX ix_agreement_copy_changed ON agreement_copy (agreement_id) WHERE version > 1",
    f"""CREATE TABLE agreement_decision (
  {BASE},
  agreement_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  promised_version bigint NOT NULL,
  clause text NOT NULL,
  at_version bigint NOT NULL,
  decision text NOT NULL,
  reason text NOT NULL,
  decided_by text NOT NULL,
  CONSTRAINT pk_agreement_decision PRIMARY KEY (id),
  CONSTRAINT uq_agreement_decision_agreement_id_promised_version_clause UNIQUE (agreement_id, promised_version, clause),
  CONSTRAINT ck_agreement_decision_decision CHECK (decision IN ('kept', 'withdrawn'))
)""",
)


def upgrade() -> None:
    """Make the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
