"""Trust also by whether the customer would buy again.

A firm that has published a second version of its own keeps it.
"""

import json
from importlib.resources import files

import sqlalchemy as sa
import yaml
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Publish the second version of the rule."""
    body = yaml.safe_load(files("scoring.scorecards").joinpath("trust/2.yaml").read_text("utf-8"))
    publish = sa.text(
        "INSERT INTO scorecard (kind, version, body, status) "
        "VALUES ('trust', 2, cast(:body AS jsonb), 'published') ON CONFLICT DO NOTHING"
    )
    op.execute(publish.bindparams(body=json.dumps(body, ensure_ascii=False)))
