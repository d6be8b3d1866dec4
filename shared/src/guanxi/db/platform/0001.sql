-- The log of every event this service has published. Append-only; changed only by erasure and retention.
CREATE TABLE event_log (
  event_id uuid PRIMARY KEY,
  topic text NOT NULL,
  type text NOT NULL,
  subject uuid,
  aggregate_id uuid NOT NULL,
  sequence bigint NOT NULL,
  recorded_at timestamptz NOT NULL,
  body jsonb NOT NULL
) PARTITION BY RANGE (event_id)
-- ;;
CREATE INDEX event_log_subject ON event_log (subject) WHERE subject IS NOT NULL
-- ;;
CREATE TABLE event_log_default PARTITION OF event_log DEFAULT
-- ;;
-- What the relay still has to publish: pointers, deleted after the broker's acknowledgement.
CREATE TABLE outbox (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id uuid NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0)
-- ;;
-- What the relay has published, batch by batch: after a broker has lost its tail, this tells what to publish again.
CREATE TABLE relay_batch (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL,
  partition int NOT NULL,
  first_offset bigint NOT NULL,
  last_offset bigint NOT NULL,
  last_timestamp bigint NOT NULL,
  event_ids uuid[] NOT NULL,
  published_at timestamptz NOT NULL DEFAULT now()
)
-- ;;
CREATE INDEX relay_batch_place ON relay_batch (topic, partition, last_offset)
-- ;;
CREATE INDEX relay_batch_age ON relay_batch USING brin (published_at)
-- ;;
-- One row for each event that an additive consumer has taken in.
CREATE TABLE inbox (
  event_id uuid NOT NULL,
  consumer text NOT NULL,
  PRIMARY KEY (event_id, consumer)
) PARTITION BY RANGE (event_id)
-- ;;
CREATE TABLE inbox_default PARTITION OF inbox DEFAULT
-- ;;
-- How far each consumer is, kept in its own transaction; the broker's own offsets are only for its tools.
CREATE TABLE consumer_offset (
  consumer text NOT NULL,
  topic text NOT NULL,
  partition int NOT NULL,
  next_offset bigint NOT NULL,
  last_event_id text,
  last_timestamp bigint,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, topic, partition)
)
-- ;;
-- When a consumer first existed: a reaction reads nothing older.
CREATE TABLE consumer_birth (
  consumer text PRIMARY KEY,
  born_at timestamptz NOT NULL DEFAULT now()
)
-- ;;
CREATE TABLE dead_letter (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  consumer text NOT NULL,
  topic text NOT NULL,
  partition int NOT NULL,
  "offset" bigint NOT NULL,
  key bytea,
  event_id uuid,
  type text,
  subject uuid,
  raw bytea NOT NULL,
  digest bytea NOT NULL,
  headers jsonb NOT NULL DEFAULT '[]',
  error_type text NOT NULL,
  reason text NOT NULL,
  attempts int NOT NULL DEFAULT 1,
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'replayed', 'discarded')),
  version bigint NOT NULL DEFAULT 1,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz,
  settled_by text,
  -- A broker whose log was replaced gives an offset twice: the bytes tell one message from the other.
  UNIQUE (consumer, topic, partition, "offset", digest)
)
-- ;;
CREATE INDEX dead_letter_subject ON dead_letter (subject) WHERE subject IS NOT NULL
-- ;;
CREATE TABLE due (
  kind text NOT NULL,
  id uuid NOT NULL,
  at timestamptz NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  last_error text,
  PRIMARY KEY (kind, id)
)
-- ;;
CREATE INDEX due_at ON due (at)
-- ;;
CREATE TABLE idempotency_key (
  principal text NOT NULL,
  key text NOT NULL,
  route text NOT NULL,
  request_hash bytea NOT NULL,
  status int,
  location text,
  resource_id uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (principal, key)
)
-- ;;
CREATE INDEX idempotency_key_age ON idempotency_key USING brin (created_at)
-- ;;
CREATE TABLE audit (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  at timestamptz NOT NULL DEFAULT now(),
  principal text NOT NULL,
  unit text NOT NULL,
  action text NOT NULL,
  resource text NOT NULL,
  resource_id uuid,
  customer_id uuid,
  unmasked boolean NOT NULL DEFAULT false,
  trace_id text,
  details jsonb
)
-- ;;
CREATE INDEX audit_customer ON audit (customer_id, id) WHERE customer_id IS NOT NULL
-- ;;
-- A hash chain over the audit rows, sealed in batches: a changed or missing row breaks it.
CREATE TABLE audit_seal (
  n bigint PRIMARY KEY,
  first_id uuid NOT NULL,
  last_id uuid NOT NULL,
  rows int NOT NULL,
  hash bytea NOT NULL,
  previous bytea NOT NULL,
  sealed_at timestamptz NOT NULL DEFAULT now()
)
-- ;;
-- The customers and the organisation as customer-profile last published them: whole state, the higher sequence wins.
CREATE TABLE directory_customer (
  id uuid PRIMARY KEY,
  sequence bigint NOT NULL,
  canonical_id uuid NOT NULL,
  status text NOT NULL,
  kind text,
  role text,
  name text,
  unit_id text,
  language text,
  time_zone text,
  owner_id uuid,
  emails text[] NOT NULL DEFAULT '{}',
  phones text[] NOT NULL DEFAULT '{}'
)
-- ;;
CREATE INDEX directory_customer_canonical ON directory_customer (canonical_id)
-- ;;
CREATE INDEX directory_customer_owner ON directory_customer (owner_id) WHERE owner_id IS NOT NULL
-- ;;
CREATE TABLE directory_unit (
  code text PRIMARY KEY,
  sequence bigint NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  internal boolean NOT NULL,
  parent text,
  time_zone text NOT NULL,
  lead_id uuid,
  calendar jsonb NOT NULL
)
-- ;;
CREATE TABLE directory_employee (
  id uuid PRIMARY KEY,
  sequence bigint NOT NULL,
  subject text,
  name text,
  unit_id text NOT NULL,
  level text,
  email text,
  left_on date
)
-- ;;
CREATE INDEX directory_employee_unit ON directory_employee (unit_id)
-- ;;
-- Not unique: an account that passes from one employee to another is in two states, which come in any order.
CREATE INDEX directory_employee_subject ON directory_employee (subject, sequence DESC) WHERE subject IS NOT NULL
-- ;;
-- Up to which moment every committed state of a partition has been published.
CREATE TABLE directory_watermark (
  partition int PRIMARY KEY,
  partitions int NOT NULL,
  relayed_up_to timestamptz NOT NULL
)
-- ;;
-- The smallest UUIDv7 of a moment: the bound of a partition by time.
CREATE FUNCTION uuidv7_floor(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$
-- ;;
-- The runtime role may not change the schema; these let it make and drop partitions of two tables, nothing else.
CREATE FUNCTION platform_make_partition(parent text, name text, since timestamptz, until timestamptz) RETURNS boolean
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  low uuid := uuidv7_floor(since);
  high uuid := uuidv7_floor(until);
BEGIN
  IF to_regclass(name) IS NOT NULL THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name, parent);
  -- What came while the partition was missing lies in the default one, and would keep it from ever being made.
  EXECUTE format('WITH moved AS (DELETE FROM %I WHERE event_id >= %L AND event_id < %L RETURNING *)
                  INSERT INTO %I SELECT * FROM moved', parent || '_default', low, high, name);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name, low, high);
  RETURN true;
END $$
-- ;;
CREATE FUNCTION platform_make_partitions(moment timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  made int := 0;
  since timestamptz;
BEGIN
  FOR n IN 0..2 LOOP
    since := date_trunc('month', moment, 'UTC') + make_interval(months => n);
    made := made + platform_make_partition('event_log', 'event_log_' || to_char(since AT TIME ZONE 'UTC', 'YYYYMM'),
                                           since, since + interval '1 month')::int;
  END LOOP;
  FOR n IN 0..3 LOOP
    since := date_trunc('day', moment, 'UTC') + make_interval(days => n);
    made := made + platform_make_partition('inbox', 'inbox_' || to_char(since AT TIME ZONE 'UTC', 'YYYYMMDD'),
                                           since, since + interval '1 day')::int;
  END LOOP;
  RETURN made;
END $$
-- ;;
CREATE FUNCTION platform_drop_inbox(before timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  dropped int := 0;
  child regclass;
BEGIN
  FOR child IN
    SELECT inhrelid::regclass FROM pg_inherits
    WHERE inhparent = 'inbox'::regclass
      AND inhrelid::regclass::text ~ '^inbox_\d{8}$'
      AND inhrelid::regclass::text < 'inbox_' || to_char(before AT TIME ZONE 'UTC', 'YYYYMMDD')
  LOOP
    EXECUTE format('DROP TABLE %s', child);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$
-- ;;
SELECT platform_make_partitions(now())
-- ;;
-- Nobody rewrites the audit trail: whoever may write tables by default may only add to these two.
DO $$
DECLARE
  who text;
BEGIN
  FOR who IN SELECT DISTINCT grantee FROM information_schema.role_table_grants
             WHERE table_name = 'audit' AND grantee <> current_user AND grantee <> 'PUBLIC' LOOP
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON audit, audit_seal FROM %I', who);
  END LOOP;
END $$
