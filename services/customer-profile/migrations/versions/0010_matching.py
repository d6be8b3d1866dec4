"""What records are compared by, the pairs that were found, and the first policy."""

from alembic import op

revision = "0010"
down_revision = "0009"

_TABLES = (
    """CREATE TABLE match_record (
  customer_id uuid NOT NULL,
  features jsonb NOT NULL,
  policy_number bigint NOT NULL,
  recorded_at timestamptz NOT NULL,
  CONSTRAINT pk_match_record PRIMARY KEY (customer_id))""",
    "CREATE INDEX ix_match_record_policy ON match_record (policy_number, customer_id)",
    """CREATE TABLE match_key (
  hash bytea NOT NULL,
  customer_id uuid NOT NULL,
  CONSTRAINT pk_match_key PRIMARY KEY (hash, customer_id))""",
    "CREATE INDEX ix_match_key_customer_id ON match_key (customer_id)",
    """CREATE TABLE match_candidate (
  id uuid NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  recorded_at timestamptz NOT NULL DEFAULT now(),
  unit_id text NOT NULL,
  left_id uuid NOT NULL,
  right_id uuid NOT NULL,
  millibits bigint NOT NULL,
  parts jsonb NOT NULL,
  band text NOT NULL,
  held_by text[] NOT NULL,
  status text NOT NULL,
  policy_number bigint NOT NULL,
  joined_once boolean NOT NULL DEFAULT false,
  decided_at timestamptz,
  decided_by text,
  reason text,
  CONSTRAINT pk_match_candidate PRIMARY KEY (id),
  CONSTRAINT uq_match_candidate_left_id_right_id UNIQUE (left_id, right_id),
  CONSTRAINT ck_match_candidate_order CHECK (left_id < right_id),
  CONSTRAINT ck_match_candidate_status CHECK (status IN ('open', 'merged', 'never_same', 'expired')))""",
    "CREATE INDEX ix_match_candidate_right_id ON match_candidate (right_id)",
    "CREATE INDEX ix_match_candidate_status ON match_candidate (status, millibits, id)",
    """CREATE TABLE match_policy (
  number bigint NOT NULL,
  created_at timestamptz NOT NULL,
  decided_by text NOT NULL,
  reason text,
  automatic boolean NOT NULL,
  auto_from double precision NOT NULL,
  review_from double precision NOT NULL,
  weights jsonb,
  CONSTRAINT pk_match_policy PRIMARY KEY (number))""",
)


def upgrade() -> None:
    """Make the tables; no weights are those that ship."""
    for statement in _TABLES:
        op.execute(statement)
    op.execute("""INSERT INTO match_policy
  (number, created_at, decided_by, reason, automatic, auto_from, review_from, weights)
  VALUES (1, now(), 'guanxi', 'shipped', true, 6.6, -1.0, NULL)""")
