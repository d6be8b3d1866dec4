"""Potential also by agreements and by where the customer's industry stands, which an estimate may say.

A firm that has published a second version of its own keeps it.
"""

import json
from importlib.resources import files

import sqlalchemy as sa
import yaml
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the column and publish the second version of the rule."""
    op.execute("ALTER TABLE wallet_estimate ADD COLUMN industry_stage text")
    body = yaml.safe_load(files("scoring.scorecards").joinpath("potential/2.yaml").read_text("utf-8"))
    publish = sa.text(
        "INSERT INTO scorecard (kind, version, body, status) "
        "VALUES ('value.potential', 2, cast(:body AS jsonb), 'published') ON CONFLICT DO NOTHING"
    )
    op.execute(publish.bindparams(body=json.dumps(body, ensure_ascii=False)))
