"""You said, we did: common problems, improvements, and the complaints that each answers."""

from alembic import op

revision = "0008"
down_revision = "0007"

BASE = """id uuid NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  recorded_at timestamptz DEFAULT now() NOT NULL,
  unit_id text NOT NULL"""

STATEMENTS = (
    f"""CREATE TABLE problem (
  {BASE},
  cause text NOT NULL,
  sku text,
  status text NOT NULL,
  since date NOT NULL,
  complaints integer NOT NULL,
  complainants integer NOT NULL,
  recognised_by text,
  recognised_at timestamptz,
  solution text,
  remedy text,
  decided_by text,
  decided_at timestamptz,
  improved_from timestamptz,
  CONSTRAINT pk_problem PRIMARY KEY (id),
  CONSTRAINT ck_problem_status CHECK (status IN ('suspected', 'recognised', 'solution_decided', 'improved'))
)""",
    "CREATE UNIQUE INDEX uq_problem_open ON problem (cause, (COALESCE(sku, ''::text))) WHERE status <> 'improved'",
    "CREATE INDEX ix_problem_cause ON problem (cause, sku)",
    f"""CREATE TABLE improvement (
  {BASE},
  source text NOT NULL,
  problem_id uuid,
  cycle_id uuid,
  cause text,
  sku text,
  complaints_since date NOT NULL,
  indicator text,
  titles jsonb NOT NULL,
  owner_id uuid,
  cost_minor bigint,
  currency text,
  effective_on date NOT NULL,
  status text NOT NULL,
  proposed_by text NOT NULL,
  approved_by text,
  approved_at timestamptz,
  published_at timestamptz,
  answers_before timestamptz,
  complainants integer NOT NULL,
  anonymous integer NOT NULL,
  CONSTRAINT pk_improvement PRIMARY KEY (id),
  CONSTRAINT fk_improvement_problem_id FOREIGN KEY (problem_id) REFERENCES problem (id),
  CONSTRAINT ck_improvement_status CHECK (status IN ('proposed', 'approved', 'published'))
)""",
    "CREATE INDEX ix_improvement_status ON improvement (status, id)",
    "CREATE INDEX ix_improvement_published ON improvement (published_at, id) WHERE status = 'published'",
    f"""CREATE TABLE improvement_complaint (
  {BASE},
  improvement_id uuid NOT NULL,
  complaint_id uuid NOT NULL,
  CONSTRAINT pk_improvement_complaint PRIMARY KEY (id),
  CONSTRAINT fk_improvement_complaint_improvement_id FOREIGN KEY (improvement_id) REFERENCES improvement (id),
  CONSTRAINT fk_improvement_complaint_complaint_id FOREIGN KEY (complaint_id) REFERENCES complaint (id),
  CONSTRAINT uq_improvement_complaint_improvement_id_complaint_id UNIQUE (improvement_id, complaint_id)
)""",
)


def upgrade() -> None:
    """Make the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
