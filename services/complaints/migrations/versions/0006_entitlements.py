"""Entitlements: what was told of purchases and standing, policies with the shipped one, decisions on held benefits."""

import json
from importlib.resources import files

import sqlalchemy as sa
import yaml
from alembic import op

revision = "0006"
down_revision = "0005"

BASE = """id uuid NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  recorded_at timestamptz DEFAULT now() NOT NULL,
  unit_id text NOT NULL"""

STATEMENTS = (
    f"""CREATE TABLE purchase (
  {BASE},
  record_id uuid NOT NULL,
  kind text NOT NULL,
  customer_id uuid,
  order_id uuid,
  at timestamptz NOT NULL,
  currency text,
  amount_minor bigint,
  lines jsonb NOT NULL,
  voided boolean NOT NULL,
  CONSTRAINT pk_purchase PRIMARY KEY (id),
  CONSTRAINT ck_purchase_kind CHECK (kind IN ('order', 'delivery', 'return', 'service'))
)""",
    "CREATE INDEX ix_purchase_customer ON purchase (customer_id, record_id)",
    "CREATE INDEX ix_purchase_record ON purchase (record_id)",
    "CREATE INDEX ix_purchase_corrected ON purchase (record_id) WHERE kind = 'order' AND version > 1",
    "CREATE INDEX ix_purchase_at ON purchase (at) WHERE kind = 'order'",
    f"""CREATE TABLE tier_change (
  {BASE},
  series_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  segment text NOT NULL,
  tier text,
  as_of date NOT NULL,
  CONSTRAINT pk_tier_change PRIMARY KEY (id)
)""",
    "CREATE INDEX ix_tier_change_customer_id ON tier_change (customer_id)",
    f"""CREATE TABLE key_customer (
  {BASE},
  customer_id uuid NOT NULL,
  since timestamptz NOT NULL,
  until timestamptz,
  CONSTRAINT pk_key_customer PRIMARY KEY (id)
)""",
    "CREATE INDEX ix_key_customer_customer_id ON key_customer (customer_id)",
    f"""CREATE TABLE customer_region (
  {BASE},
  region text,
  CONSTRAINT pk_customer_region PRIMARY KEY (id)
)""",
    f"""CREATE TABLE entitlement_policy (
  {BASE},
  number integer NOT NULL,
  status text NOT NULL,
  effective_from date NOT NULL,
  body jsonb NOT NULL,
  rehearsal jsonb,
  author text NOT NULL,
  approved_by text,
  approver_id uuid,
  approved_at timestamptz,
  published_at timestamptz,
  CONSTRAINT pk_entitlement_policy PRIMARY KEY (id),
  CONSTRAINT uq_entitlement_policy_number UNIQUE (number),
  CONSTRAINT ck_entitlement_policy_status CHECK (status IN ('draft', 'rehearsed', 'approved', 'published', 'retired'))
)""",
    f"""CREATE TABLE entitlement_decision (
  {BASE},
  order_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  at_version bigint NOT NULL,
  decision text NOT NULL,
  reason text NOT NULL,
  decided_by text NOT NULL,
  CONSTRAINT pk_entitlement_decision PRIMARY KEY (id),
  CONSTRAINT uq_entitlement_decision_order_id UNIQUE (order_id),
  CONSTRAINT ck_entitlement_decision_decision CHECK (decision IN ('kept', 'withdrawn'))
)""",
)
SHIPPED = """
INSERT INTO entitlement_policy (id, unit_id, number, status, effective_from, body, author, published_at)
VALUES (uuidv7(), 'head-office', 1, 'published', DATE '{day}', cast(:body AS jsonb), 'seed', now())
"""


def upgrade() -> None:
    """Make the tables and publish the shipped policy, so that a customer has a warranty on an empty installation."""
    for statement in STATEMENTS:
        op.execute(statement)
    body = yaml.safe_load(files("complaints.entitlements.policies").joinpath("1.yaml").read_text("utf-8"))
    shipped = SHIPPED.format(day=body.pop("effective_from"))
    op.execute(sa.text(shipped).bindparams(body=json.dumps(body, ensure_ascii=False)))
