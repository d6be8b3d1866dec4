"""What is planned with customers, and the daily reports of who visited them."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables."""
    op.execute("""
        CREATE TABLE plan_item (
            id uuid NOT NULL,
            version bigint DEFAULT 1 NOT NULL,
            created_at timestamptz DEFAULT now() NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            unit_id text NOT NULL,
            customer_id uuid NOT NULL,
            voided_at timestamptz,
            erased_at timestamptz,
            kind text NOT NULL,
            due_on date NOT NULL,
            closes_at timestamptz NOT NULL,
            assignee_id uuid,
            what text,
            reason text,
            cause_id uuid,
            status text NOT NULL,
            done_at timestamptz,
            contact_id uuid,
            missed_at timestamptz,
            CONSTRAINT pk_plan_item PRIMARY KEY (id),
            CONSTRAINT ck_plan_item_status CHECK (
                status IN ('planned', 'done', 'missed', 'cancelled', 'historic')
            )
        )
    """)
    op.execute("CREATE INDEX ix_plan_item_assignee ON plan_item (assignee_id, closes_at, id)")
    op.execute("CREATE INDEX ix_plan_item_closes ON plan_item (closes_at, id)")
    op.execute("CREATE INDEX ix_plan_item_customer ON plan_item (customer_id, closes_at, id)")
    op.execute("CREATE INDEX ix_plan_item_status ON plan_item (status, closes_at, id)")
    op.execute("CREATE INDEX ix_plan_item_unit ON plan_item (unit_id, closes_at, id)")
    op.execute("""
        CREATE TABLE visit_report (
            id uuid NOT NULL,
            version bigint DEFAULT 1 NOT NULL,
            created_at timestamptz DEFAULT now() NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            unit_id text NOT NULL,
            employee_id uuid NOT NULL,
            day date NOT NULL,
            visits integer NOT NULL,
            customers integer NOT NULL,
            minutes integer NOT NULL,
            cue_count integer NOT NULL,
            promise_count integer NOT NULL,
            need_count integer NOT NULL,
            CONSTRAINT pk_visit_report PRIMARY KEY (id),
            CONSTRAINT uq_visit_report_employee_id_day UNIQUE (employee_id, day)
        )
    """)
    op.execute("CREATE INDEX ix_visit_report_employee ON visit_report (employee_id, recorded_at, id)")
    op.execute("CREATE INDEX ix_visit_report_recorded ON visit_report (recorded_at, id)")
    op.execute("""
        CREATE TABLE visit_line (
            id uuid NOT NULL,
            report_id uuid NOT NULL,
            n integer NOT NULL,
            customer_id uuid NOT NULL,
            contact_id uuid NOT NULL,
            role text,
            plan_item_id uuid,
            next_item_id uuid,
            CONSTRAINT pk_visit_line PRIMARY KEY (id),
            CONSTRAINT uq_visit_line_report_id_n UNIQUE (report_id, n)
        )
    """)
