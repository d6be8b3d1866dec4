"""Potential and learning: estimates of what customers spend, and the rules that the two kinds go by."""

import json
from importlib.resources import files

import sqlalchemy as sa
import yaml
from alembic import op

revision = "0011"
down_revision = "0010"

STATEMENTS = (
    """CREATE TABLE wallet_estimate (
  id uuid NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  recorded_at timestamptz NOT NULL DEFAULT now(),
  unit_id text NOT NULL,
  customer_id uuid NOT NULL,
  estimated_on date NOT NULL,
  source text NOT NULL,
  total_minor bigint NOT NULL,
  currency text NOT NULL,
  entered_by text NOT NULL,
  CONSTRAINT pk_wallet_estimate PRIMARY KEY (id),
  CONSTRAINT ck_wallet_estimate_total_minor CHECK (total_minor >= 0))""",
    "CREATE INDEX ix_wallet_estimate_customer_id ON wallet_estimate (customer_id, estimated_on)",
)
RULES = {"value.potential": "potential/1.yaml", "value.learning": "learning/1.yaml"}


def upgrade() -> None:
    """Make the table and publish the first version of both rules."""
    for statement in STATEMENTS:
        op.execute(statement)
    publish = sa.text(
        "INSERT INTO scorecard (kind, version, body, status) VALUES (:kind, 1, cast(:body AS jsonb), 'published')"
    )
    for kind, path in RULES.items():
        body = yaml.safe_load(files("scoring.scorecards").joinpath(path).read_text("utf-8"))
        op.execute(publish.bindparams(kind=kind, body=json.dumps(body, ensure_ascii=False)))
