"""The tables of organisation, customers, identity and overview, and the two units every installation begins with."""

from alembic import op

revision = "0002"
down_revision = "0001"

_BASE = """
  id uuid NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  recorded_at timestamptz NOT NULL DEFAULT now(),
  unit_id text NOT NULL"""

_TABLES = (
    f"""CREATE TABLE unit ({_BASE},
  code text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  internal boolean NOT NULL,
  parent text,
  time_zone text NOT NULL,
  region text NOT NULL,
  lead_id uuid,
  calendar jsonb NOT NULL,
  active boolean NOT NULL DEFAULT true,
  CONSTRAINT pk_unit PRIMARY KEY (id),
  CONSTRAINT uq_unit_code UNIQUE (code))""",
    f"""CREATE TABLE employee ({_BASE},
  subject text,
  name text NOT NULL,
  level text NOT NULL,
  email text,
  language text,
  joined_on date,
  left_on date,
  CONSTRAINT pk_employee PRIMARY KEY (id),
  CONSTRAINT uq_employee_subject UNIQUE (subject))""",
    "CREATE INDEX ix_employee_unit_id ON employee (unit_id, id)",
    f"""CREATE TABLE customer ({_BASE},
  canonical_id uuid NOT NULL,
  kind text NOT NULL,
  role text NOT NULL,
  lifecycle text NOT NULL,
  stage text NOT NULL,
  name text,
  legal_name text,
  legal_representative text,
  contact_person text,
  address jsonb,
  social_credit_code text,
  id_number text,
  birth_date date,
  industry text,
  size text,
  preferences jsonb,
  time_zone text,
  acquisition_source text,
  owner_id uuid,
  verified_at timestamptz NOT NULL,
  verified_by uuid,
  erased_at timestamptz,
  grams text[] NOT NULL DEFAULT '{{}}',
  credit_code_hash bytea,
  CONSTRAINT pk_customer PRIMARY KEY (id),
  CONSTRAINT ck_customer_kind CHECK (kind IN ('person', 'organisation')),
  CONSTRAINT ck_customer_lifecycle CHECK (lifecycle IN ('prospect', 'active', 'dormant', 'former')),
  CONSTRAINT ck_customer_stage CHECK (stage IN ('interact', 'continue', 'understand', 'relationship')))""",
    "CREATE INDEX ix_customer_canonical_id ON customer (canonical_id)",
    "CREATE INDEX ix_customer_unit_id ON customer (unit_id, id)",
    "CREATE INDEX ix_customer_owner_id ON customer (owner_id, id) WHERE owner_id IS NOT NULL",
    "CREATE INDEX ix_customer_verified_at ON customer (verified_at, id)",
    "CREATE INDEX ix_customer_grams ON customer USING gin (grams)",
    "CREATE INDEX ix_customer_credit_code ON customer (credit_code_hash) WHERE credit_code_hash IS NOT NULL",
    f"""CREATE TABLE contact_point ({_BASE},
  customer_id uuid NOT NULL,
  kind text NOT NULL,
  value text NOT NULL,
  value_hash bytea NOT NULL,
  preferred boolean NOT NULL,
  hours text,
  source text,
  CONSTRAINT pk_contact_point PRIMARY KEY (id),
  CONSTRAINT uq_contact_point_customer_id_kind_value_hash UNIQUE (customer_id, kind, value_hash),
  CONSTRAINT fk_contact_point_customer_id FOREIGN KEY (customer_id) REFERENCES customer (id))""",
    "CREATE INDEX ix_contact_point_value_hash ON contact_point (value_hash)",
    """CREATE TABLE customer_revision (
  customer_id uuid NOT NULL,
  version bigint NOT NULL,
  recorded_at timestamptz NOT NULL,
  unit_id text NOT NULL,
  actor text NOT NULL,
  employee_id uuid,
  source text,
  diff jsonb,
  CONSTRAINT pk_customer_revision PRIMARY KEY (customer_id, version))""",
    """CREATE TABLE source_profile (
  customer_id uuid NOT NULL,
  source text NOT NULL,
  said_at timestamptz NOT NULL,
  said_sequence bigint NOT NULL,
  CONSTRAINT pk_source_profile PRIMARY KEY (customer_id, source))""",
    f"""CREATE TABLE assignment ({_BASE},
  customer_id uuid NOT NULL,
  employee_id uuid NOT NULL,
  role text NOT NULL,
  since timestamptz NOT NULL,
  until timestamptz,
  reason text,
  CONSTRAINT pk_assignment PRIMARY KEY (id),
  CONSTRAINT ck_assignment_role CHECK (role IN ('owner', 'steward', 'service')),
  CONSTRAINT fk_assignment_customer_id FOREIGN KEY (customer_id) REFERENCES customer (id),
  CONSTRAINT fk_assignment_employee_id FOREIGN KEY (employee_id) REFERENCES employee (id))""",
    "CREATE INDEX ix_assignment_customer_id ON assignment (customer_id, id)",
    "CREATE INDEX ix_assignment_employee_id ON assignment (employee_id, id)",
    "CREATE UNIQUE INDEX uq_assignment_owner ON assignment (customer_id) WHERE role = 'owner'::text AND until IS NULL",
    f"""CREATE TABLE alias ({_BASE},
  customer_id uuid NOT NULL,
  source text NOT NULL,
  external_ref text,
  ref_hash bytea NOT NULL,
  CONSTRAINT pk_alias PRIMARY KEY (id),
  CONSTRAINT uq_alias_source_ref_hash UNIQUE (source, ref_hash))""",
    "CREATE INDEX ix_alias_customer_id ON alias (customer_id, id)",
    f"""CREATE TABLE merge ({_BASE},
  survivor_id uuid NOT NULL,
  absorbed_id uuid NOT NULL,
  status text NOT NULL,
  reason text NOT NULL,
  merged_by text NOT NULL,
  before_image jsonb,
  undone_at timestamptz,
  undone_by text,
  undone_reason text,
  CONSTRAINT pk_merge PRIMARY KEY (id),
  CONSTRAINT ck_merge_status CHECK (status IN ('active', 'undone')),
  CONSTRAINT ck_merge_two CHECK (survivor_id <> absorbed_id))""",
    "CREATE INDEX ix_merge_survivor_id ON merge (survivor_id, id)",
    "CREATE INDEX ix_merge_absorbed_id ON merge (absorbed_id, id)",
    """CREATE TABLE overview_item (
  section text NOT NULL,
  item_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  unit_id text,
  sequence bigint NOT NULL,
  status text NOT NULL,
  at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  body_sequence bigint,
  body jsonb,
  CONSTRAINT pk_overview_item PRIMARY KEY (section, item_id))""",
    "CREATE INDEX ix_overview_item_customer_id ON overview_item (customer_id, section, at)",
)

# The event is written out as it was in this release: a later one may change the model, never what this published.
_SEED = """
WITH hours AS (
  SELECT jsonb_build_object('exceptions', '[]'::jsonb, 'weekly', jsonb_agg(
    jsonb_build_object('weekday', day, 'opens', w.opens, 'closes', w.closes) ORDER BY day, w.opens)) AS calendar
  FROM generate_series(1, 5) AS day, (VALUES (540, 720), (780, 1080)) AS w(opens, closes)
), made AS (
  INSERT INTO unit (id, unit_id, code, name, kind, internal, parent, time_zone, region, calendar)
  SELECT uuidv7(), code, code, name, kind, true, parent, 'Asia/Shanghai', 'CN', calendar
  FROM hours, (VALUES ('head-office', 'Head office', 'head_office', NULL),
                      ('complaint-desk', 'Complaint desk', 'department', 'head-office')) AS s(code, name, kind, parent)
  RETURNING *
), copied AS (
  INSERT INTO directory_unit (code, sequence, name, kind, internal, parent, time_zone, calendar)
  SELECT code, version, name, kind, internal, parent, time_zone, calendar FROM made
), told AS (
  SELECT uuidv7() AS event_id, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS moment, made.*
  FROM made
), logged AS (
  INSERT INTO event_log (event_id, topic, type, subject, aggregate_id, sequence, recorded_at, body)
  SELECT event_id, 'organisation', 'guanxi.organisation.UnitState.v1', NULL, id, version, now(), jsonb_strip_nulls(
    jsonb_build_object('specversion', '1.0', 'id', event_id, 'source', '/guanxi/customer-profile',
      'type', 'guanxi.organisation.UnitState.v1', 'time', moment, 'datacontenttype', 'application/json',
      'dataschema', 'urn:guanxi:schema:guanxi.organisation.UnitState.v1', 'aggregateid', id, 'sequence', version,
      'recordedtime', moment, 'data', jsonb_build_object('id', id, 'code', code, 'name', name, 'kind', kind,
        'internal', internal, 'parent', parent, 'time_zone', time_zone, 'calendar', calendar, 'active', active)))
  FROM told
)
INSERT INTO outbox (event_id) SELECT event_id FROM told ORDER BY event_id
"""


def upgrade() -> None:
    """Make the tables, then the head office and its complaint desk, told to everyone like any other unit."""
    for statement in _TABLES:
        op.execute(statement)
    op.execute(_SEED.replace(":", r"\:"))
