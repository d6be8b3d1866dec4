"""The quality review: indicators, cycles, steps, and the ways to their evidence among facts."""

import json
from importlib.resources import files

import sqlalchemy as sa
import yaml
from alembic import op

revision = "0008"
down_revision = "0007"

BASE = """id uuid NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  recorded_at timestamptz NOT NULL DEFAULT now(),
  unit_id text NOT NULL"""

STATEMENTS = (
    f"""CREATE TABLE quality_indicators (
  {BASE},
  number integer NOT NULL,
  indicators jsonb NOT NULL,
  cycle_id uuid,
  set_by uuid,
  CONSTRAINT pk_quality_indicators PRIMARY KEY (id),
  CONSTRAINT uq_quality_indicators_number UNIQUE (number))""",
    f"""CREATE TABLE review_cycle (
  {BASE},
  number integer NOT NULL,
  status text NOT NULL,
  starts_on date NOT NULL,
  started_on date,
  closed_at timestamptz,
  next_cycle_id uuid,
  CONSTRAINT pk_review_cycle PRIMARY KEY (id),
  CONSTRAINT uq_review_cycle_number UNIQUE (number),
  CONSTRAINT ck_review_cycle_status CHECK (status IN ('planned', 'running', 'closed')))""",
    "CREATE UNIQUE INDEX uq_review_cycle_running ON review_cycle (status) WHERE status = 'running'",
    f"""CREATE TABLE review_step (
  {BASE},
  cycle_id uuid NOT NULL,
  n integer NOT NULL,
  code text NOT NULL,
  owner_id uuid,
  due_on date NOT NULL,
  state text NOT NULL,
  started_at timestamptz,
  done_at timestamptz,
  done_by text,
  outcome text,
  CONSTRAINT pk_review_step PRIMARY KEY (id),
  CONSTRAINT uq_review_step_cycle_id_n UNIQUE (cycle_id, n),
  CONSTRAINT fk_review_step_cycle_id_review_cycle FOREIGN KEY (cycle_id) REFERENCES review_cycle (id),
  CONSTRAINT ck_review_step_state CHECK (state IN ('waiting', 'active', 'done', 'overdue')))""",
    "CREATE INDEX ix_fact_cycle ON fact ((attrs ->> 'cycle_id')) WHERE attrs ? 'cycle_id'",
    "CREATE INDEX ix_fact_need ON fact ((attrs ->> 'interview_id')) WHERE kind = 'need'",
)


def upgrade() -> None:
    """Make the tables and indexes, and publish the first version of the rule."""
    for statement in STATEMENTS:
        op.execute(statement)
    body = yaml.safe_load(files("scoring.scorecards").joinpath("reviews/1.yaml").read_text("utf-8"))
    publish = sa.text(
        "INSERT INTO scorecard (kind, version, body, status) VALUES ('reviews', 1, cast(:body AS jsonb), 'published')"
    )
    op.execute(publish.bindparams(body=json.dumps(body, ensure_ascii=False)))
