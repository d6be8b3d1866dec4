"""Goodwill: requests beyond entitlement, and the budgets that pay them."""

from alembic import op

revision = "0007"
down_revision = "0006"

BASE = """id uuid NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  recorded_at timestamptz DEFAULT now() NOT NULL,
  unit_id text NOT NULL"""

STATEMENTS = (
    f"""CREATE TABLE goodwill_request (
  {BASE},
  customer_id uuid NOT NULL,
  complaint_id uuid,
  sku text,
  kind text NOT NULL,
  cost_minor bigint NOT NULL,
  currency text NOT NULL,
  note text,
  answer jsonb NOT NULL,
  status text NOT NULL,
  asked_by text NOT NULL,
  decided_by text,
  decider_id uuid,
  decided_at timestamptz,
  reason text,
  year integer,
  spent_minor bigint,
  spent_at timestamptz,
  CONSTRAINT pk_goodwill_request PRIMARY KEY (id),
  CONSTRAINT fk_goodwill_request_complaint_id FOREIGN KEY (complaint_id) REFERENCES complaint (id),
  CONSTRAINT ck_goodwill_request_status CHECK (status IN ('asked', 'approved', 'refused', 'spent'))
)""",
    "CREATE INDEX ix_goodwill_request_customer ON goodwill_request (customer_id, id)",
    "CREATE INDEX ix_goodwill_request_status ON goodwill_request (status, id)",
    "CREATE INDEX ix_goodwill_request_unit ON goodwill_request (unit_id, id)",
    f"""CREATE TABLE goodwill_budget (
  {BASE},
  year integer NOT NULL,
  limit_minor bigint NOT NULL,
  currency text NOT NULL,
  committed_minor bigint NOT NULL,
  CONSTRAINT pk_goodwill_budget PRIMARY KEY (id),
  CONSTRAINT uq_goodwill_budget_unit_id_year UNIQUE (unit_id, year)
)""",
)


def upgrade() -> None:
    """Make the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
