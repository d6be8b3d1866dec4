"""The return on goodwill: the way to it among facts, and the rule."""

import json
from importlib.resources import files

import sqlalchemy as sa
import yaml
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the index and publish the first version of the rule."""
    op.execute("CREATE INDEX ix_fact_goodwill ON fact (occurred_at) WHERE kind = 'goodwill'")
    body = yaml.safe_load(files("scoring.scorecards").joinpath("goodwill/1.yaml").read_text("utf-8"))
    publish = sa.text(
        "INSERT INTO scorecard (kind, version, body, status) VALUES ('goodwill', 1, cast(:body AS jsonb), 'published')"
    )
    op.execute(publish.bindparams(body=json.dumps(body, ensure_ascii=False)))
