"""Satisfaction and influence: the rules that they go by, and the ways to opinions and referrals among facts."""

import json
from importlib.resources import files

import sqlalchemy as sa
import yaml
from alembic import op

revision = "0007"
down_revision = "0006"

INDEXES = (
    "CREATE INDEX ix_fact_referrer ON fact (customer_id) WHERE kind = 'referral'",
    "CREATE INDEX ix_fact_referred ON fact ((attrs ->> 'referred_id')) WHERE kind = 'referral'",
    "CREATE INDEX ix_fact_opinion ON fact (occurred_at) WHERE kind = ANY (ARRAY['opinion', 'interview'])",
)
RULES = {"satisfaction": "satisfaction/1.yaml", "value.influence": "influence/1.yaml"}


def upgrade() -> None:
    """Make the indexes and publish the first version of both rules."""
    for statement in INDEXES:
        op.execute(statement)
    publish = sa.text(
        "INSERT INTO scorecard (kind, version, body, status) VALUES (:kind, 1, cast(:body AS jsonb), 'published')"
    )
    for kind, path in RULES.items():
        body = yaml.safe_load(files("scoring.scorecards").joinpath(path).read_text("utf-8"))
        op.execute(publish.bindparams(kind=kind, body=json.dumps(body, ensure_ascii=False)))
