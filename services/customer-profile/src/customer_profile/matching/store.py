"""All SQL of matching."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from customer_profile.matching.features import Features
from customer_profile.matching.keys import CROWD, Holders, key_hash, keys
from customer_profile.matching.rules import Candidate, Policy
from customer_profile.matching.weights import DEFAULT, Odds, Part, Weights
from guanxi.db import Reader, Tx

_CANDIDATE = """id, version, created_at, recorded_at, unit_id, left_id, right_id, millibits, parts, band, held_by,
  status, policy_number, joined_once, decided_at, decided_by, reason"""
_RECORDS = "SELECT customer_id, features, policy_number FROM match_record WHERE customer_id = ANY($1::uuid[])"
_KEEP_RECORDS = """
INSERT INTO match_record (customer_id, features, policy_number, recorded_at)
SELECT customer_id, features, $2, $3
FROM jsonb_to_recordset($1::jsonb) AS n(customer_id uuid, features jsonb)
ON CONFLICT (customer_id) DO UPDATE
SET features = excluded.features, policy_number = excluded.policy_number, recorded_at = excluded.recorded_at
"""
_DROP_KEYS = (
    "DELETE FROM match_key k USING unnest($1::bytea[], $2::uuid[]) AS g(hash, customer_id) "
    "WHERE k.hash = g.hash AND k.customer_id = g.customer_id"
)
_ADD_KEYS = (
    "INSERT INTO match_key (hash, customer_id) SELECT * FROM unnest($1::bytea[], $2::uuid[]) ON CONFLICT DO NOTHING"
)
# Who is in a crowd is never asked: that there is one is all that is sent, which is most of the answer's bytes.
_HOLDERS = """
SELECT k.hash, h.holders FROM unnest($1::bytea[]) AS k(hash)
CROSS JOIN LATERAL (
  SELECT count(*) AS n, CASE WHEN count(*) <= $2 THEN array_agg(customer_id) END AS holders
  FROM (SELECT customer_id FROM match_key m WHERE m.hash = k.hash LIMIT $2 + 1) m
) h WHERE h.n > 0
"""
_BEHIND = "SELECT customer_id FROM match_record WHERE policy_number < $1 ORDER BY policy_number, customer_id LIMIT $2"
_OF = f"""
SELECT {_CANDIDATE} FROM match_candidate WHERE left_id = ANY($1::uuid[])
UNION
SELECT {_CANDIDATE} FROM match_candidate WHERE right_id = ANY($1::uuid[])
"""
_FIND = f"SELECT {_CANDIDATE} FROM match_candidate WHERE id = $1"
_KEEP = f"""
INSERT INTO match_candidate ({_CANDIDATE})
SELECT {_CANDIDATE} FROM jsonb_populate_recordset(NULL::match_candidate, $1::jsonb)
ON CONFLICT (left_id, right_id) DO UPDATE
SET version = excluded.version, recorded_at = excluded.recorded_at, millibits = excluded.millibits,
    parts = excluded.parts, band = excluded.band, held_by = excluded.held_by, status = excluded.status,
    policy_number = excluded.policy_number, joined_once = excluded.joined_once,
    decided_at = excluded.decided_at, decided_by = excluded.decided_by, reason = excluded.reason
"""
_LIST = f"""
SELECT {_CANDIDATE} FROM match_candidate
WHERE status = $1 AND ($2::uuid IS NULL OR left_id = $2 OR right_id = $2)
  AND ($3::bigint IS NULL OR (millibits, id) < ($3, $4)) ORDER BY millibits DESC, id DESC LIMIT $5
"""
_POLICY = """SELECT number, created_at, decided_by, reason, automatic, auto_from, review_from, weights FROM match_policy
WHERE $1::bigint IS NULL OR number = $1 ORDER BY number DESC LIMIT 1"""
_POLICIES = (
    "SELECT number, created_at, decided_by, reason, automatic, auto_from, review_from, weights FROM match_policy "
    "ORDER BY number DESC LIMIT 200"
)
_NEW_POLICY = """
INSERT INTO match_policy (number, created_at, decided_by, reason, automatic, auto_from, review_from, weights)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (number) DO NOTHING RETURNING number
"""
# Who shared a key or a pair with somebody erased is looked at again: the number of holders has changed.
_AGAIN = """
UPDATE match_record SET policy_number = 0 WHERE customer_id IN (
  SELECT h.customer_id FROM match_key k
  CROSS JOIN LATERAL (
    SELECT customer_id FROM match_key m WHERE m.hash = k.hash AND m.customer_id <> ALL($1::uuid[]) LIMIT $2) h
  WHERE k.customer_id = ANY($1::uuid[])
  UNION SELECT right_id FROM match_candidate WHERE left_id = ANY($1::uuid[])
  UNION SELECT left_id FROM match_candidate WHERE right_id = ANY($1::uuid[])
)
"""
_SEEN = "UPDATE match_record SET policy_number = $2 WHERE customer_id = $1"
_ERASE = (
    "DELETE FROM match_record WHERE customer_id = ANY($1::uuid[])",
    "DELETE FROM match_key WHERE customer_id = ANY($1::uuid[])",
    """UPDATE match_candidate SET status = 'expired', band = 'none', joined_once = false, version = version + 1
WHERE (left_id = ANY($1::uuid[]) OR right_id = ANY($1::uuid[])) AND status <> 'expired'""",
)
_SAMPLE = """SELECT customer_id, features FROM match_record
WHERE hashtext(customer_id::text) & 2147483647 < 2147483647 * $2::float8 LIMIT $1"""


async def records(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, tuple[Features, int]]:
    """What those of these customers that were looked at are compared by, and under which policy that was last."""
    rows = await reader.fetch(_RECORDS, list(set(ids)))
    return {row["customer_id"]: (Features.of_json(row["features"]), row["policy_number"]) for row in rows}


async def keep_records(tx: Tx, some: Mapping[UUID, Features], policy_number: int) -> None:
    """Keep what customers are compared by."""
    rows = [{"customer_id": str(id_), "features": one.as_json()} for id_, one in some.items()]
    await tx.execute(_KEEP_RECORDS, rows, policy_number, tx.now)


async def change_keys(tx: Tx, gone: Collection[tuple[bytes, UUID]], new: Collection[tuple[bytes, UUID]]) -> None:
    """Take away and add keys: (hash, customer)."""
    for sql, some in ((_DROP_KEYS, gone), (_ADD_KEYS, new)):
        if some:
            rows = sorted(some)
            await tx.execute(sql, [hash_ for hash_, _ in rows], [id_ for _, id_ in rows])


async def holders(reader: Reader, hashes: Iterable[bytes]) -> dict[bytes, Holders]:
    """Who holds each of these keys, where anybody does."""
    asked = list(set(hashes))
    rows = await reader.fetch(_HOLDERS, asked, CROWD) if asked else ()
    return {row["hash"]: row["holders"] for row in rows}


async def behind(reader: Reader, policy_number: int, limit: int) -> list[UUID]:
    """Customers whom no policy as new as this one has looked at, the longest first."""
    return [row["customer_id"] for row in await reader.fetch(_BEHIND, policy_number, limit)]


async def seen(tx: Tx, customer_id: UUID, policy_number: int) -> None:
    """Let this policy be done with a customer who could not be looked at."""
    await tx.execute(_SEEN, customer_id, policy_number)


async def candidates_of(reader: Reader, ids: Iterable[UUID]) -> list[Candidate]:
    """Every pair with one of these in it."""
    return [_candidate(row) for row in await reader.fetch(_OF, list(set(ids)))]


async def candidate(reader: Reader, candidate_id: UUID, *, lock: bool = False) -> Candidate | None:
    """One pair."""
    row = await reader.fetchrow(f"{_FIND} FOR UPDATE" if lock else _FIND, candidate_id)
    return _candidate(row) if row else None


async def keep(tx: Tx, some: Sequence[Candidate]) -> None:
    """Write pairs, new and changed."""
    if some:
        await tx.execute(_KEEP, [_row(one) for one in some])


async def listed(
    reader: Reader, status: str, customer_id: UUID | None, after: Sequence[Any] | None, limit: int
) -> list[Candidate]:
    """Pairs, the surest first, and one more than `limit`; `after` is (millibits, id)."""
    millibits, id_ = after or (None, None)
    return [_candidate(row) for row in await reader.fetch(_LIST, status, customer_id, millibits, id_, limit + 1)]


async def policy(reader: Reader, number: int | None = None) -> Policy | None:
    """The policy in force, or one of those before."""
    row = await reader.fetchrow(_POLICY, number)
    return _policy(row) if row else None


async def policies(reader: Reader) -> list[Policy]:
    """The newest 200, the newest first."""
    return [_policy(row) for row in await reader.fetch(_POLICIES)]


async def new_policy(tx: Tx, made: Policy) -> bool:
    """Put a policy in force; whether nobody else has taken its number."""
    weights = None if made.weights is DEFAULT else weights_json(made.weights)
    own = (made.number, tx.now, made.decided_by, made.reason, made.automatic, made.auto_from, made.review_from, weights)
    return await tx.fetchval(_NEW_POLICY, *own) is not None


async def sample(reader: Reader, size: int, total: int) -> dict[UUID, Features]:
    """What some of so many customers are compared by, picked evenly over all and always the same ones."""
    rows = await reader.fetch(_SAMPLE, size, min(1.0, size / max(total, 1)))
    return {row["customer_id"]: Features.of_json(row["features"]) for row in rows}


async def count(reader: Reader) -> int:
    """How many customers there are to compare."""
    return int(await reader.fetchval("SELECT count(*) FROM match_record"))


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Forget what these customers were compared by. Gives how many rows changed."""
    await tx.execute(_AGAIN, list(customer_ids), CROWD + 1)
    done = [await tx.execute(sql, list(customer_ids)) for sql in _ERASE]
    return sum(int(tag.split()[-1]) for tag in done)


def hashed(one: Features) -> dict[bytes, tuple[str, str]]:
    """A record's keys by what they are kept as."""
    return {key_hash(key): key for key in keys(one)}


def weights_json(weights: Weights) -> dict[str, Any]:
    """Weights as they are kept."""
    odds = {name: {level: [o.m, o.u] for level, o in levels.items()} for name, levels in weights.odds.items()}
    return {"prior": weights.prior, "odds": odds, "frequencies": {n: dict(f) for n, f in weights.frequencies.items()}}


def _policy(row: asyncpg.Record) -> Policy:
    values = dict(row)
    kept = values.pop("weights")
    return Policy(**values, weights=_weights(kept) if kept else DEFAULT)


def _weights(kept: Mapping[str, Any]) -> Weights:
    odds = {name: {level: Odds(*o) for level, o in levels.items()} for name, levels in kept["odds"].items()}
    return Weights(kept["prior"], odds, kept["frequencies"])


def _candidate(row: asyncpg.Record) -> Candidate:
    values = dict(row)
    values["weight"] = values.pop("millibits") / 1000
    values["parts"] = tuple(Part(*part) for part in values["parts"])
    values["held_by"] = tuple(values["held_by"])
    return Candidate(**values)


def _row(one: Candidate) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in one.__slots__} | {"millibits": one.millibits}
    plain["parts"] = [[part.comparison, part.level, round(part.bits, 3)] for part in one.parts]
    return {name: str(value) if isinstance(value, UUID) else value for name, value in plain.items()}
