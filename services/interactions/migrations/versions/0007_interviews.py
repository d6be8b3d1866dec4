"""Questionnaires, the interviews held along them, and the needs that come up."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make their tables."""
    op.execute("""
        CREATE TABLE questionnaire (
            id uuid NOT NULL,
            version bigint DEFAULT 1 NOT NULL,
            created_at timestamptz DEFAULT now() NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            unit_id text NOT NULL,
            code text NOT NULL,
            kind text NOT NULL,
            title jsonb NOT NULL,
            questions jsonb NOT NULL,
            lowest integer NOT NULL,
            highest integer NOT NULL,
            lapse_days integer NOT NULL,
            CONSTRAINT pk_questionnaire PRIMARY KEY (id),
            CONSTRAINT uq_questionnaire_code_version UNIQUE (code, version),
            CONSTRAINT ck_questionnaire_kind CHECK (kind IN ('card', 'survey', 'exit', 'interview'))
        )
    """)
    op.execute("""
        CREATE TABLE interview (
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
            cycle_id uuid,
            interviewer_id uuid,
            contact_id uuid NOT NULL,
            contact_person text,
            held_at timestamptz NOT NULL,
            grades jsonb NOT NULL,
            words jsonb,
            note text,
            opportunities jsonb,
            questions integer NOT NULL,
            answered integer NOT NULL,
            need_count integer DEFAULT 0 NOT NULL,
            opportunity_count integer DEFAULT 0 NOT NULL,
            CONSTRAINT pk_interview PRIMARY KEY (id)
        )
    """)
    op.execute("CREATE INDEX ix_interview_customer ON interview (customer_id, held_at, id)")
    op.execute("CREATE INDEX ix_interview_cycle ON interview (cycle_id, held_at, id) WHERE cycle_id IS NOT NULL")
    op.execute("CREATE INDEX ix_interview_held ON interview (held_at, id)")
    op.execute("CREATE INDEX ix_interview_interviewer ON interview (interviewer_id, held_at, id)")
    op.execute("CREATE INDEX ix_interview_unit ON interview (unit_id, held_at, id)")
    op.execute("""
        CREATE TABLE need (
            id uuid NOT NULL,
            version bigint DEFAULT 1 NOT NULL,
            created_at timestamptz DEFAULT now() NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            unit_id text NOT NULL,
            customer_id uuid NOT NULL,
            voided_at timestamptz,
            erased_at timestamptz,
            interview_id uuid,
            contact_id uuid,
            what text,
            indicator text,
            pressing boolean NOT NULL,
            assignee_id uuid,
            assignee_unit text NOT NULL,
            raised_by uuid,
            raised_at timestamptz NOT NULL,
            due_at timestamptz,
            status text NOT NULL,
            answer text,
            answered_at timestamptz,
            answered_by uuid,
            overdue_at timestamptz,
            reopened integer DEFAULT 0 NOT NULL,
            CONSTRAINT pk_need PRIMARY KEY (id),
            CONSTRAINT ck_need_status CHECK (status IN ('assigned', 'answered', 'confirmed', 'reopened'))
        )
    """)
    op.execute("CREATE INDEX ix_need_assignee ON need (assignee_id, raised_at, id)")
    op.execute("CREATE INDEX ix_need_customer ON need (customer_id, raised_at, id)")
    op.execute("CREATE INDEX ix_need_interview ON need (interview_id) WHERE interview_id IS NOT NULL")
    op.execute("CREATE INDEX ix_need_raised ON need (raised_at, id)")
    op.execute("CREATE INDEX ix_need_status ON need (status, raised_at, id)")
    op.execute("CREATE INDEX ix_need_unit ON need (unit_id, raised_at, id)")
