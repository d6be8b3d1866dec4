"""Invitations and printed cards, and what an opinion says of the questionnaire it answers."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables, and widen opinions."""
    op.execute("""
        CREATE TABLE invitation (
            id uuid NOT NULL,
            version bigint DEFAULT 1 NOT NULL,
            created_at timestamptz DEFAULT now() NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            unit_id text NOT NULL,
            customer_id uuid NOT NULL,
            voided_at timestamptz,
            erased_at timestamptz,
            questionnaire text NOT NULL,
            questionnaire_version bigint NOT NULL,
            channel text NOT NULL,
            handed_by uuid,
            invited_at timestamptz NOT NULL,
            lapses_at timestamptz NOT NULL,
            code_hash text NOT NULL,
            status text NOT NULL,
            CONSTRAINT pk_invitation PRIMARY KEY (id),
            CONSTRAINT ck_invitation_status CHECK (status IN ('issued', 'answered', 'lapsed')),
            CONSTRAINT uq_invitation_code_hash UNIQUE (code_hash)
        )
    """)
    op.execute("CREATE INDEX ix_invitation_customer ON invitation (customer_id, invited_at, id)")
    op.execute("CREATE INDEX ix_invitation_invited ON invitation (invited_at, id)")
    op.execute("CREATE INDEX ix_invitation_status ON invitation (status, invited_at, id)")
    op.execute("CREATE INDEX ix_invitation_unit ON invitation (unit_id, invited_at, id)")
    op.execute("""
        CREATE TABLE print_run (
            id uuid NOT NULL,
            version bigint DEFAULT 1 NOT NULL,
            created_at timestamptz DEFAULT now() NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            unit_id text NOT NULL,
            questionnaire text NOT NULL,
            questionnaire_version bigint NOT NULL,
            count integer NOT NULL,
            CONSTRAINT pk_print_run PRIMARY KEY (id)
        )
    """)
    op.execute("CREATE INDEX ix_print_run_questionnaire ON print_run (questionnaire, recorded_at, id)")
    op.execute("""
        CREATE TABLE printed_card (
            run_id uuid NOT NULL,
            n integer NOT NULL,
            code_hash text NOT NULL,
            used boolean DEFAULT false NOT NULL,
            CONSTRAINT pk_printed_card PRIMARY KEY (run_id, n),
            CONSTRAINT uq_printed_card_code_hash UNIQUE (code_hash)
        )
    """)
    op.execute("ALTER TABLE opinion ADD COLUMN kind text")
    op.execute("ALTER TABLE opinion ADD COLUMN questionnaire_version bigint")
    op.execute("ALTER TABLE opinion ADD COLUMN invitation_id uuid")
