"""The whole transaction of a logged interaction as one statement for pgbench: row for row what the service writes."""

from __future__ import annotations

import asyncio

import asyncpg

WHO = "pgbench"
MADE = {
    "contact": f"SELECT count(*) FROM contact WHERE unit_id = '{WHO}'",
    "timeline_entry": f"SELECT count(*) FROM timeline_entry WHERE unit_id = '{WHO}'",
    "event_log": f"SELECT count(*) FROM event_log WHERE topic = '{WHO}'",
    "outbox": f"SELECT count(*) FROM outbox JOIN event_log USING (event_id) WHERE topic = '{WHO}'",
    "idempotency_key": f"SELECT count(*) FROM idempotency_key WHERE principal = '{WHO}'",
    "audit": f"SELECT count(*) FROM audit WHERE principal = '{WHO}'",
}
"""How many rows of each table pgbench has made: as many as transactions, else it does not do the same."""

_SWEEP = (
    f"DELETE FROM outbox USING event_log l WHERE outbox.event_id = l.event_id AND l.topic = '{WHO}'",
    f"DELETE FROM event_log WHERE topic = '{WHO}'",
    f"DELETE FROM contact WHERE unit_id = '{WHO}'",
    f"DELETE FROM timeline_entry WHERE unit_id = '{WHO}'",
    f"DELETE FROM idempotency_key WHERE principal = '{WHO}'",
    f"DELETE FROM audit WHERE principal = '{WHO}'",
    "VACUUM outbox, event_log, contact, timeline_entry, idempotency_key, audit",
)


def statement(customer: str, body: str, words: str) -> str:
    """The statement; `customer` is an expression, `body` an event as the service records it (JSON)."""
    # Hexadecimal, because pgbench takes every colon before a letter or a digit for a variable.
    event = f"convert_from('\\x{body.encode().hex()}'::bytea, 'UTF8')::jsonb"
    return f"""
WITH given AS MATERIALIZED (
  SELECT uuidv7() AS id, uuidv7() AS event_id, uuidv7() AS audit_id, clock_timestamp() AS at, {customer} AS customer_id,
    gen_random_uuid()::text AS key
), customer AS MATERIALIZED (
  SELECT id FROM directory_customer
  WHERE id = (SELECT customer_id FROM given) AND status <> 'erased' AND (true OR unit_id = '') FOR KEY SHARE
), claim AS (
  INSERT INTO idempotency_key (principal, key, route, request_hash, created_at, status, location, resource_id)
  SELECT '{WHO}', key, 'POST /v1/interactions', sha256(key::bytea), at, 201, '/v1/interactions/' || id, id
  FROM given WHERE EXISTS (SELECT FROM customer)
  ON CONFLICT (principal, key) DO UPDATE SET route = EXCLUDED.route, request_hash = EXCLUDED.request_hash,
    created_at = EXCLUDED.created_at, status = EXCLUDED.status, location = EXCLUDED.location,
    resource_id = EXCLUDED.resource_id
  WHERE idempotency_key.created_at < EXCLUDED.created_at - interval '24 hours' RETURNING resource_id
), made AS (
  INSERT INTO contact (id, customer_id, unit_id, recorded_at, channel, direction, kind, content, outcome, occurred_at,
    cues, promise_count, version)
  SELECT g.id, g.customer_id, '{WHO}', g.at, 'visit', 'out', 'service', '{words}', 'need_now', g.at,
    ARRAY[]::text[], 0, 1
  FROM given g, claim RETURNING id, customer_id, occurred_at, unit_id
), entered AS (
  INSERT INTO timeline_entry (id, customer_id, at, kind, unit_id, sequence, summary)
  SELECT id, customer_id, occurred_at, 'contact', unit_id, 1,
    '{{"kind" : "service", "channel" : "visit", "outcome" : "need_now", "direction" : "out"}}'::jsonb FROM made
), logged AS (
  INSERT INTO event_log (event_id, topic, type, subject, aggregate_id, sequence, recorded_at, body)
  SELECT g.event_id, '{WHO}', 'guanxi.interactions.CustomerContacted.v1', g.customer_id, g.id, 1, g.at, {event}
  FROM given g, claim
), pointed AS (
  INSERT INTO outbox (event_id) SELECT g.event_id FROM given g, claim
), audited AS (
  INSERT INTO audit (id, at, principal, unit, action, resource, resource_id, customer_id, unmasked, trace_id, details)
  SELECT g.audit_id, g.at, '{WHO}', 'head-office', 'POST /v1/interactions', '/v1/interactions', g.id, g.customer_id,
    false, md5(g.key), NULL
  FROM given g, claim
)
SELECT EXISTS (SELECT FROM customer) AS known, EXISTS (SELECT FROM made) AS made"""


def sweep(url: str) -> None:
    """Take away what pgbench has made: its events are nobody's, and must not reach the broker."""

    async def go() -> None:
        connection = await asyncpg.connect(url, command_timeout=120)
        try:
            for sql in _SWEEP:
                await connection.execute(sql)
        finally:
            await connection.close()

    asyncio.run(go())
