"""The tables of this service: contacts, promises, commerce, listening, the timeline."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of the first release."""
    op.execute("""
        CREATE TABLE reported (
            id uuid NOT NULL,
            revision bigint NOT NULL,
            voided_at timestamptz,
            CONSTRAINT pk_reported PRIMARY KEY (id)
        )
    """)
    op.execute("""
        CREATE TABLE contact (
            id uuid NOT NULL,
            version bigint DEFAULT 1 NOT NULL,
            created_at timestamptz DEFAULT now() NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            unit_id text NOT NULL,
            customer_id uuid NOT NULL,
            source text,
            external_ref text,
            voided_at timestamptz,
            erased_at timestamptz,
            channel text NOT NULL,
            direction text NOT NULL,
            kind text NOT NULL,
            employee_id uuid,
            employee_name text,
            contact_person text,
            subject text,
            content text,
            outcome text,
            need_on date,
            occurred_at timestamptz NOT NULL,
            duration_s integer,
            cues text[] DEFAULT '{}' NOT NULL,
            rival_named text,
            promise_count integer DEFAULT 0 NOT NULL,
            CONSTRAINT pk_contact PRIMARY KEY (id)
        )
    """)
    op.execute("CREATE INDEX ix_contact_customer ON contact (customer_id, occurred_at, id)")
    op.execute("CREATE INDEX ix_contact_occurred ON contact (occurred_at, id)")
    op.execute("CREATE INDEX ix_contact_unit ON contact (unit_id, occurred_at, id)")
    op.execute("""
        CREATE TABLE promise (
            id uuid NOT NULL,
            version bigint DEFAULT 1 NOT NULL,
            created_at timestamptz DEFAULT now() NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            unit_id text NOT NULL,
            customer_id uuid NOT NULL,
            source text,
            external_ref text,
            voided_at timestamptz,
            erased_at timestamptz,
            contact_id uuid,
            slot integer,
            what text,
            what_code text,
            promiser_id uuid,
            promiser_name text,
            fulfilling_unit text NOT NULL,
            made_at timestamptz NOT NULL,
            due_at timestamptz NOT NULL,
            status text NOT NULL,
            settled_at timestamptz,
            settled_by text,
            reason text,
            note text,
            replaced_by uuid,
            replaces uuid,
            CONSTRAINT pk_promise PRIMARY KEY (id),
            CONSTRAINT ck_promise_status CHECK (
                status IN ('open', 'kept', 'broken', 'renegotiated', 'withdrawn', 'historic')
            )
        )
    """)
    op.execute("CREATE INDEX ix_promise_contact ON promise (contact_id)")
    op.execute("CREATE INDEX ix_promise_customer ON promise (customer_id, due_at, id)")
    op.execute("CREATE INDEX ix_promise_due ON promise (due_at, id)")
    op.execute("CREATE INDEX ix_promise_promiser ON promise (promiser_id, due_at, id)")
    op.execute("CREATE INDEX ix_promise_unit ON promise (unit_id, due_at, id)")
    op.execute("""
        CREATE TABLE timeline_entry (
            id uuid NOT NULL,
            customer_id uuid NOT NULL,
            at timestamptz NOT NULL,
            kind text NOT NULL,
            unit_id text NOT NULL,
            sequence bigint NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            summary jsonb NOT NULL,
            voided boolean DEFAULT false NOT NULL,
            CONSTRAINT pk_timeline_entry PRIMARY KEY (id)
        )
    """)
    op.execute(
        "CREATE INDEX ix_timeline_entry_customer ON timeline_entry (customer_id, at DESC, id DESC) WHERE NOT voided"
    )
    op.execute("""
        CREATE TABLE opinion (
            id uuid NOT NULL,
            version bigint DEFAULT 1 NOT NULL,
            created_at timestamptz DEFAULT now() NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            unit_id text NOT NULL,
            customer_id uuid,
            source text,
            external_ref text,
            voided_at timestamptz,
            erased_at timestamptz,
            questionnaire text NOT NULL,
            given_at timestamptz NOT NULL,
            grades jsonb NOT NULL,
            free_text text,
            CONSTRAINT pk_opinion PRIMARY KEY (id)
        )
    """)
    op.execute("CREATE INDEX ix_opinion_customer ON opinion (customer_id, given_at, id)")
    op.execute("CREATE INDEX ix_opinion_given ON opinion (given_at, id)")
    op.execute("CREATE INDEX ix_opinion_unit ON opinion (unit_id, given_at, id)")
    op.execute("""
        CREATE TABLE mention (
            id uuid NOT NULL,
            version bigint DEFAULT 1 NOT NULL,
            created_at timestamptz DEFAULT now() NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            unit_id text NOT NULL,
            customer_id uuid,
            source text,
            external_ref text,
            voided_at timestamptz,
            erased_at timestamptz,
            platform text NOT NULL,
            observed_at timestamptz NOT NULL,
            handle text,
            text text,
            url text,
            sentiment text,
            CONSTRAINT pk_mention PRIMARY KEY (id)
        )
    """)
    op.execute("CREATE INDEX ix_mention_customer ON mention (customer_id) WHERE customer_id IS NOT NULL")
    op.execute("CREATE INDEX ix_mention_observed ON mention (observed_at, id)")
    op.execute("CREATE INDEX ix_mention_unit ON mention (unit_id, observed_at, id)")
    op.execute("""
        CREATE TABLE sales_order (
            id uuid NOT NULL,
            version bigint DEFAULT 1 NOT NULL,
            created_at timestamptz DEFAULT now() NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            unit_id text NOT NULL,
            customer_id uuid NOT NULL,
            source text,
            external_ref text,
            voided_at timestamptz,
            erased_at timestamptz,
            placed_at timestamptz NOT NULL,
            currency text NOT NULL,
            lines jsonb NOT NULL,
            discount_minor bigint,
            tax_minor bigint,
            shipping_minor bigint,
            goods_minor bigint NOT NULL,
            total_minor bigint NOT NULL,
            way text,
            purpose text,
            status text DEFAULT 'placed' NOT NULL,
            CONSTRAINT pk_sales_order PRIMARY KEY (id),
            CONSTRAINT ck_sales_order_status CHECK (
                status IN ('placed', 'part_delivered', 'delivered', 'closed', 'cancelled', 'returned')
            )
        )
    """)
    op.execute("CREATE INDEX ix_sales_order_customer ON sales_order (customer_id, placed_at, id)")
    op.execute("CREATE INDEX ix_sales_order_placed ON sales_order (placed_at, id)")
    op.execute("CREATE INDEX ix_sales_order_reference ON sales_order (source, external_ref)")
    op.execute("CREATE INDEX ix_sales_order_unit ON sales_order (unit_id, placed_at, id)")
    op.execute("""
        CREATE TABLE delivery (
            id uuid NOT NULL,
            version bigint DEFAULT 1 NOT NULL,
            created_at timestamptz DEFAULT now() NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            unit_id text NOT NULL,
            customer_id uuid NOT NULL,
            source text,
            external_ref text,
            voided_at timestamptz,
            erased_at timestamptz,
            external_order text,
            order_id uuid,
            delivered_at timestamptz NOT NULL,
            lines jsonb NOT NULL,
            CONSTRAINT pk_delivery PRIMARY KEY (id)
        )
    """)
    op.execute("CREATE INDEX ix_delivery_customer ON delivery (customer_id)")
    op.execute("CREATE INDEX ix_delivery_order ON delivery (order_id)")
    op.execute("CREATE INDEX ix_delivery_unmatched ON delivery (source, external_order) WHERE order_id IS NULL")
    op.execute("""
        CREATE TABLE goods_return (
            id uuid NOT NULL,
            version bigint DEFAULT 1 NOT NULL,
            created_at timestamptz DEFAULT now() NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            unit_id text NOT NULL,
            customer_id uuid NOT NULL,
            source text,
            external_ref text,
            voided_at timestamptz,
            erased_at timestamptz,
            external_order text,
            order_id uuid,
            returned_at timestamptz NOT NULL,
            currency text NOT NULL,
            amount_minor bigint NOT NULL,
            lines jsonb NOT NULL,
            reason text,
            CONSTRAINT pk_goods_return PRIMARY KEY (id)
        )
    """)
    op.execute("CREATE INDEX ix_goods_return_customer ON goods_return (customer_id)")
    op.execute("CREATE INDEX ix_goods_return_order ON goods_return (order_id)")
    op.execute("CREATE INDEX ix_goods_return_unmatched ON goods_return (source, external_order) WHERE order_id IS NULL")
    op.execute("""
        CREATE TABLE payment (
            id uuid NOT NULL,
            version bigint DEFAULT 1 NOT NULL,
            created_at timestamptz DEFAULT now() NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            unit_id text NOT NULL,
            customer_id uuid NOT NULL,
            source text,
            external_ref text,
            voided_at timestamptz,
            erased_at timestamptz,
            external_order text,
            order_id uuid,
            at timestamptz NOT NULL,
            due_on date,
            paid_on date,
            amount_minor bigint NOT NULL,
            currency text NOT NULL,
            overdue_at timestamptz,
            CONSTRAINT pk_payment PRIMARY KEY (id)
        )
    """)
    op.execute("CREATE INDEX ix_payment_customer ON payment (customer_id)")
    op.execute("CREATE INDEX ix_payment_order ON payment (order_id)")
    op.execute("CREATE INDEX ix_payment_unmatched ON payment (source, external_order) WHERE order_id IS NULL")
    op.execute("""
        CREATE TABLE service_record (
            id uuid NOT NULL,
            version bigint DEFAULT 1 NOT NULL,
            created_at timestamptz DEFAULT now() NOT NULL,
            recorded_at timestamptz DEFAULT now() NOT NULL,
            unit_id text NOT NULL,
            customer_id uuid NOT NULL,
            source text,
            external_ref text,
            voided_at timestamptz,
            erased_at timestamptz,
            kind text NOT NULL,
            sku text,
            serial text,
            performed_at timestamptz NOT NULL,
            cost_minor bigint,
            currency text,
            note text,
            CONSTRAINT pk_service_record PRIMARY KEY (id)
        )
    """)
    op.execute("CREATE INDEX ix_service_record_customer ON service_record (customer_id, performed_at, id)")
    op.execute("CREATE INDEX ix_service_record_performed ON service_record (performed_at, id)")
    op.execute("CREATE INDEX ix_service_record_unit ON service_record (unit_id, performed_at, id)")
