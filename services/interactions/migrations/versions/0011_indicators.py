"""The quality indicators in force, for the guides of interviews."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table."""
    op.execute("""
        CREATE TABLE indicator_set (
            id uuid NOT NULL,
            version bigint DEFAULT 1 NOT NULL,
            created_at timestamptz DEFAULT now() NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            unit_id text NOT NULL,
            number bigint NOT NULL,
            indicators jsonb NOT NULL,
            set_at timestamptz NOT NULL,
            CONSTRAINT pk_indicator_set PRIMARY KEY (id)
        )
    """)
    op.execute("CREATE INDEX ix_indicator_set_number ON indicator_set (number)")
