"""Hand-overs of customers, and an employee's contacts by an index."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table and the index."""
    op.execute("""
        CREATE TABLE handover (
            id uuid NOT NULL,
            version bigint DEFAULT 1 NOT NULL,
            created_at timestamptz DEFAULT now() NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            unit_id text NOT NULL,
            customer_id uuid NOT NULL,
            voided_at timestamptz,
            erased_at timestamptz,
            from_id uuid NOT NULL,
            to_id uuid,
            status text NOT NULL,
            reason text NOT NULL,
            single_tie boolean NOT NULL,
            leaves_on date,
            joint_visit_on date,
            plan_item_id uuid,
            contact_id uuid,
            done_at timestamptz,
            CONSTRAINT pk_handover PRIMARY KEY (id),
            CONSTRAINT ck_handover_status CHECK (status IN ('planned', 'joint_visit', 'done'))
        )
    """)
    op.execute("CREATE INDEX ix_handover_customer ON handover (customer_id, recorded_at, id)")
    op.execute("CREATE INDEX ix_handover_from ON handover (from_id, recorded_at, id)")
    op.execute("CREATE INDEX ix_handover_recorded ON handover (recorded_at, id)")
    op.execute("CREATE INDEX ix_handover_status ON handover (status, recorded_at, id)")
    op.execute("CREATE UNIQUE INDEX uq_handover_open ON handover (from_id, customer_id) WHERE status <> 'done'")
    op.execute("""
        CREATE INDEX ix_contact_employee ON contact (employee_id, occurred_at) WHERE employee_id IS NOT NULL
    """)
