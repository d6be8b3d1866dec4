"""Facts, rules, scores, segments, and the rules that an empty installation starts with."""

import json
from importlib.resources import files

import sqlalchemy as sa
import yaml
from alembic import op

revision = "0002"
down_revision = "0001"

BASE = """id uuid NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  recorded_at timestamptz DEFAULT now() NOT NULL,
  unit_id text NOT NULL"""

RESULT = """value bigint,
  inputs jsonb DEFAULT '{}' NOT NULL,
  reasons jsonb DEFAULT '[]' NOT NULL,
  scorecard integer,
  members uuid[] DEFAULT '{}' NOT NULL,
  computed_at timestamptz"""

# Rows come and go by the thousand: what is dead is swept away early, so that a claim never wades through it.
BUSY = "(autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0)"

TABLES = (
    """CREATE TABLE fact (
  aggregate_id uuid NOT NULL,
  kind text NOT NULL,
  sequence bigint NOT NULL,
  customer_id uuid,
  unit_id text NOT NULL,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  amount_minor bigint,
  currency text,
  attrs jsonb DEFAULT '{}' NOT NULL,
  voided boolean NOT NULL,
  event_id uuid NOT NULL,
  CONSTRAINT pk_fact PRIMARY KEY (aggregate_id, kind, sequence)
)""",
    "CREATE INDEX ix_fact_customer ON fact (customer_id, occurred_at)",
    """CREATE TABLE source_watermark (
  source text NOT NULL,
  up_to timestamptz NOT NULL,
  CONSTRAINT pk_source_watermark PRIMARY KEY (source)
)""",
    """CREATE TABLE scorecard (
  kind text NOT NULL,
  version integer NOT NULL,
  body jsonb NOT NULL,
  status text NOT NULL,
  published_at timestamptz DEFAULT now() NOT NULL,
  CONSTRAINT pk_scorecard PRIMARY KEY (kind, version)
)""",
    f"""CREATE TABLE score_series (
  {BASE},
  customer_id uuid NOT NULL,
  kind text NOT NULL,
  as_of date,
  band text,
  {RESULT},
  ended_at timestamptz,
  CONSTRAINT pk_score_series PRIMARY KEY (id),
  CONSTRAINT uq_score_series_customer_id_kind UNIQUE (customer_id, kind)
)""",
    "CREATE INDEX ix_score_series_value ON score_series (kind, value, customer_id)",
    f"""CREATE TABLE score (
  customer_id uuid NOT NULL,
  kind text NOT NULL,
  as_of date NOT NULL,
  band text NOT NULL,
  {RESULT},
  CONSTRAINT pk_score PRIMARY KEY (customer_id, kind, as_of)
)""",
    f"""CREATE TABLE dirty (
  seq bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  customer_id uuid NOT NULL,
  since timestamptz NOT NULL,
  newest_at timestamptz NOT NULL,
  urgency smallint NOT NULL,
  due_at timestamptz NOT NULL,
  CONSTRAINT pk_dirty PRIMARY KEY (seq)
) WITH {BUSY}""",
    "CREATE INDEX ix_dirty_due ON dirty (urgency, due_at)",
    "CREATE INDEX ix_dirty_customer ON dirty (customer_id)",
    """CREATE TABLE sweep (
  day date NOT NULL,
  begun_at timestamptz NOT NULL,
  CONSTRAINT pk_sweep PRIMARY KEY (day)
)""",
    f"""CREATE TABLE member (
  {BASE},
  segment text NOT NULL,
  customer_id uuid NOT NULL,
  tier text NOT NULL,
  belongs boolean NOT NULL,
  since date,
  as_of date NOT NULL,
  value bigint,
  profit_minor bigint,
  members uuid[] DEFAULT '{{}}' NOT NULL,
  CONSTRAINT pk_member PRIMARY KEY (id),
  CONSTRAINT uq_member_segment_customer_id UNIQUE (segment, customer_id)
)""",
    "CREATE INDEX ix_member_tier ON member (segment, tier, customer_id)",
    f"""CREATE TABLE tier_move (
  {BASE},
  customer_id uuid NOT NULL,
  previous_tier text NOT NULL,
  tier text NOT NULL,
  direction text NOT NULL,
  moved_on date NOT NULL,
  value bigint,
  CONSTRAINT pk_tier_move PRIMARY KEY (id)
)""",
    "CREATE INDEX ix_tier_move_recorded ON tier_move (recorded_at, id)",
)

RULES = {
    "value.existing": "existing_value/1.yaml",
    "trust": "trust/1.yaml",
    "rates": "rates/1.yaml",
    "segments": "segments/1.yaml",
    "treatments": "treatments/1.yaml",
}


def upgrade() -> None:
    """Make the tables and publish the first version of every rule."""
    for statement in TABLES:
        op.execute(statement)
    publish = sa.text(
        "INSERT INTO scorecard (kind, version, body, status) VALUES (:kind, 1, cast(:body AS jsonb), 'published')"
    )
    for kind, path in RULES.items():
        body = yaml.safe_load(files("scoring.scorecards").joinpath(path).read_text("utf-8"))
        op.execute(publish.bindparams(kind=kind, body=json.dumps(body, ensure_ascii=False)))
