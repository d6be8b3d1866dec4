"""Rehearsals of changed scorecards."""

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = (
    """CREATE TABLE rehearsal (
  id uuid NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  recorded_at timestamptz NOT NULL DEFAULT now(),
  unit_id text NOT NULL,
  kind text NOT NULL,
  base_version integer NOT NULL,
  changes jsonb NOT NULL,
  body jsonb NOT NULL,
  reason text NOT NULL,
  status text NOT NULL,
  as_of date NOT NULL,
  time_zone text NOT NULL,
  reached uuid,
  result jsonb NOT NULL,
  proposed_by text NOT NULL,
  approved_by text,
  approved_at timestamptz,
  published_version integer,
  published_at timestamptz,
  CONSTRAINT pk_rehearsal PRIMARY KEY (id),
  CONSTRAINT ck_rehearsal_status CHECK (status IN ('draft', 'rehearsed', 'approved', 'published')))""",
    """CREATE TABLE rehearsal_mover (
  rehearsal_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  tier text NOT NULL,
  tier_after text NOT NULL,
  value bigint,
  value_after bigint,
  profit_minor bigint,
  key_customer boolean NOT NULL,
  loses text[] NOT NULL DEFAULT '{}',
  gains text[] NOT NULL DEFAULT '{}',
  CONSTRAINT pk_rehearsal_mover PRIMARY KEY (rehearsal_id, customer_id),
  CONSTRAINT fk_rehearsal_mover_rehearsal_id_rehearsal FOREIGN KEY (rehearsal_id) REFERENCES rehearsal (id))""",
    "CREATE INDEX ix_rehearsal_mover_customer_id ON rehearsal_mover (customer_id)",
)


def upgrade() -> None:
    """Make the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
