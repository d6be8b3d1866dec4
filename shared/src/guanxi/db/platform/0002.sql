-- Read models that are to be written anew from the owners' logs, one at a time for each consumer, and what came of it.
CREATE TABLE rebuild (
  id uuid PRIMARY KEY,
  consumer text NOT NULL,
  topic text NOT NULL UNIQUE,
  check_only boolean NOT NULL,
  status text NOT NULL DEFAULT 'asked' CHECK (status IN ('asked', 'filling', 'done', 'failed', 'cancelled')),
  -- Where the live topics ended before any owner was asked to send its log: {topic: [next offset of partition 0, ...]}.
  starts jsonb,
  heard text[] NOT NULL DEFAULT '{}',
  applied bigint NOT NULL DEFAULT 0,
  skipped bigint NOT NULL DEFAULT 0,
  added bigint,
  changed bigint,
  removed bigint,
  held_ms bigint,
  reason text,
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL,
  ended_at timestamptz
)
-- ;;
CREATE UNIQUE INDEX rebuild_open ON rebuild (consumer) WHERE status IN ('asked', 'filling')
-- ;;
-- Events of this service's log that are to be sent once more, to the topic of somebody's rebuild.
CREATE TABLE replay (
  id uuid PRIMARY KEY,
  topic text NOT NULL UNIQUE,
  types text[] NOT NULL,
  status text NOT NULL DEFAULT 'sending' CHECK (status IN ('sending', 'done', 'failed')),
  total bigint,
  sent bigint NOT NULL DEFAULT 0,
  after_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  reason text,
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL,
  ended_at timestamptz
)
-- ;;
CREATE INDEX replay_open ON replay (id) WHERE status = 'sending'
