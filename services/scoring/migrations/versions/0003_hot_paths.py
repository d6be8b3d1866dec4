"""Indexes for the claim, rankings, tallies and erasures; a sweep that goes on where it stopped; sources' histories."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    # The claim's whole order: with a million rows due at one midnight, nothing is left to sort.
    "DROP INDEX ix_dirty_due",
    "CREATE INDEX ix_dirty_due ON dirty (urgency, due_at, seq)",
    "ALTER TABLE sweep ADD COLUMN reached uuid, ADD COLUMN ended_at timestamptz",
    "UPDATE sweep SET ended_at = begun_at",
    "DROP INDEX ix_score_series_value",
    "CREATE INDEX ix_score_series_value ON score_series (kind, value, customer_id) WHERE ended_at IS NULL",
    # Most customers are one record, found by its own id: only merged ones need a look into the list.
    "CREATE INDEX ix_score_series_members ON score_series USING gin (members) WHERE cardinality(members) > 1",
    "CREATE INDEX ix_score_members ON score USING gin (members) WHERE cardinality(members) > 1",
    "CREATE INDEX ix_member_members ON member USING gin (members) WHERE cardinality(members) > 1",
    "CREATE INDEX ix_tier_move_customer ON tier_move (customer_id)",
    # Facts come nearly in the order of their events' ids: a few pages of summaries do for an index.
    "CREATE INDEX ix_fact_event ON fact USING brin (event_id)",
    # From one row a source to one a quarter of an hour of its time, each with the moment at which it was first known.
    "ALTER TABLE source_watermark ADD COLUMN recorded_at timestamptz",
    "UPDATE source_watermark SET recorded_at = up_to",
    "ALTER TABLE source_watermark ALTER COLUMN recorded_at SET NOT NULL",
    "ALTER TABLE source_watermark DROP CONSTRAINT pk_source_watermark",
    "ALTER TABLE source_watermark ADD CONSTRAINT pk_source_watermark PRIMARY KEY (source, up_to)",
)


def upgrade() -> None:
    """Change the tables of the first release."""
    for statement in STATEMENTS:
        op.execute(statement)
