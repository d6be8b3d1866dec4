"""The radar: how each relationship stands, care tasks, and the rule that they go by."""

import json
from importlib.resources import files

import sqlalchemy as sa
import yaml
from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    """CREATE TABLE watch (
  id uuid NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  recorded_at timestamptz NOT NULL DEFAULT now(),
  unit_id text NOT NULL,
  customer_id uuid NOT NULL,
  risk text NOT NULL,
  since date,
  episode date,
  as_of date NOT NULL,
  points integer NOT NULL,
  rhythm boolean NOT NULL,
  signals jsonb NOT NULL DEFAULT '[]',
  cause text,
  care_task_id uuid,
  members uuid[] NOT NULL DEFAULT '{}',
  ended_at timestamptz,
  CONSTRAINT pk_watch PRIMARY KEY (id),
  CONSTRAINT uq_watch_customer_id UNIQUE (customer_id))""",
    "CREATE INDEX ix_watch_risk ON watch (risk, points, customer_id) WHERE ended_at IS NULL",
    "CREATE INDEX ix_watch_members ON watch USING gin (members) WHERE cardinality(members) > 1",
    """CREATE TABLE care_task (
  id uuid NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  recorded_at timestamptz NOT NULL DEFAULT now(),
  unit_id text NOT NULL,
  customer_id uuid NOT NULL,
  episode date,
  owner_id uuid,
  due_on date NOT NULL,
  cause text,
  signals text[] NOT NULL DEFAULT '{}',
  CONSTRAINT pk_care_task PRIMARY KEY (id))""",
    "CREATE INDEX ix_care_task_customer_id ON care_task (customer_id)",
)


def upgrade() -> None:
    """Make the tables and publish the first version of the rule."""
    for statement in STATEMENTS:
        op.execute(statement)
    body = yaml.safe_load(files("scoring.scorecards").joinpath("radar/1.yaml").read_text("utf-8"))
    publish = sa.text(
        "INSERT INTO scorecard (kind, version, body, status) VALUES ('radar', 1, cast(:body AS jsonb), 'published')"
    )
    op.execute(publish.bindparams(body=json.dumps(body, ensure_ascii=False)))
