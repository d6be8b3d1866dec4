"""Publishers, what they sent, and the threads that their reports form."""

from alembic import op

revision = "0003"
down_revision = "0002"

_BASE = """
  id uuid NOT NULL CONSTRAINT pk_{table} PRIMARY KEY,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  recorded_at timestamptz NOT NULL DEFAULT now(),
  unit_id text NOT NULL,"""

_TABLES = {
    "source": """
  name text NOT NULL CONSTRAINT uq_source_name UNIQUE,
  partitions int NOT NULL CONSTRAINT ck_source_partitions CHECK (partitions BETWEEN 1 AND 3),
  allowed_types text[],
  contact text,
  status text NOT NULL DEFAULT 'creating' CONSTRAINT ck_source_status CHECK (status IN ('creating', 'ready')),
  paused_at timestamptz,
  watermark timestamptz,
  duplicates bigint NOT NULL DEFAULT 0
""",
    "inbound_report": """
  source text NOT NULL,
  event_id text NOT NULL,
  reused boolean NOT NULL DEFAULT false,
  type text,
  family text,
  external_customer text,
  external_ref text,
  body jsonb,
  raw bytea,
  body_hash bytea NOT NULL,
  time timestamptz,
  revision int NOT NULL DEFAULT 1,
  status text NOT NULL CONSTRAINT ck_inbound_report_status
    CHECK (status IN ('received', 'resolved', 'passed_anonymous', 'rejected')),
  errors jsonb NOT NULL DEFAULT '[]',
  warnings jsonb NOT NULL DEFAULT '[]',
  customer_id uuid,
  registered boolean NOT NULL DEFAULT false,
  aggregate_id uuid,
  sequence bigint,
  received_by text NOT NULL CONSTRAINT ck_inbound_report_received_by CHECK (received_by IN ('kafka', 'http', 'import'))
""",
    "inbound_report_revision": """
  report_id uuid NOT NULL CONSTRAINT fk_inbound_report_revision_report_id REFERENCES inbound_report (id),
  revision int NOT NULL,
  body jsonb,
  raw bytea,
  errors jsonb NOT NULL,
  actor text NOT NULL,
  CONSTRAINT uq_inbound_report_revision_report_id_revision UNIQUE (report_id, revision)
""",
    "report_aggregate": """
  source text NOT NULL,
  family text NOT NULL,
  external_ref text NOT NULL,
  sequence bigint NOT NULL,
  revision bigint,
  time timestamptz NOT NULL,
  twin text NOT NULL CONSTRAINT ck_report_aggregate_twin CHECK (twin IN ('original', 'corrected', 'voided')),
  party text,
  customer_id uuid,
  data_hash bytea NOT NULL,
  original_hash bytea,
  CONSTRAINT uq_report_aggregate_source_family_external_ref UNIQUE (source, family, external_ref)
""",
    "inbound_batch": """
  results jsonb NOT NULL
""",
}

_INDEXES = (
    "CREATE INDEX ix_source_unit ON source (unit_id)",
    "CREATE UNIQUE INDEX ix_inbound_report_event ON inbound_report (source, event_id) WHERE NOT reused",
    "CREATE UNIQUE INDEX ix_inbound_report_reused ON inbound_report (source, event_id, body_hash) WHERE reused",
    "CREATE INDEX ix_inbound_report_desk ON inbound_report (unit_id, id)",
    "CREATE INDEX ix_inbound_report_source ON inbound_report (source, status, id)",
    "CREATE INDEX ix_inbound_report_customer ON inbound_report (customer_id) WHERE customer_id IS NOT NULL",
    "CREATE INDEX ix_report_aggregate_customer ON report_aggregate (customer_id) WHERE customer_id IS NOT NULL",
    "CREATE INDEX ix_inbound_batch_age ON inbound_batch (recorded_at)",
)


def upgrade() -> None:
    """Make the five tables of sources and intake."""
    for table, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {table} ({_BASE.format(table=table)}{columns})")
    for index in _INDEXES:
        op.execute(index)
