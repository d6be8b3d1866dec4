"""Logging a contact in one statement: the platform's busiest write is one round trip and one commit.

The customer row (locked against an erasure), the Idempotency-Key, the contact, its row on the timeline, the event with
its pointer and the audit row: each part selects from the one before, so that all are there or none.
"""

from __future__ import annotations

from uuid import UUID

import asyncpg

from guanxi.auth import AUDIT_COLUMNS, audit_args
from guanxi.bus import log
from guanxi.db import Tx
from guanxi.http import Attempt, Made, Write, claim_sql, idempotency_args, in_progress
from guanxi.problems import NotFound
from interactions import rows, scope
from interactions.contacts import rules, usecases
from interactions.contacts.rules import Contact
from interactions.contacts.schemas import NewInteraction
from interactions.contacts.tables import contact as contact_table
from interactions.timeline import usecases as timeline

_CUSTOMER, _KEY, _SUMMARY, _EVENT, _AUDIT, _CONTACT = 1, 4, 12, 13, 21, 32
_INTO, _VALUES = rows.placeholders(contact_table, Contact, _CONTACT)
_AUDIT_TYPES = ("uuid", "timestamptz", "text", "text", "text", "text", "uuid", "uuid", "boolean", "text", "jsonb")
_AUDITED = ", ".join(f"${n}::{kind}" for n, kind in enumerate(_AUDIT_TYPES, _AUDIT))
_LOG = f"""
WITH customer AS MATERIALIZED (
  SELECT id FROM directory_customer
  WHERE id = ${_CUSTOMER} AND status <> 'erased' AND ($2::boolean OR unit_id = $3::text) FOR KEY SHARE
), claim AS (
  {claim_sql(_KEY, "FROM customer")}
), made AS (
  INSERT INTO contact ({_INTO}) SELECT {_VALUES} FROM claim RETURNING id, customer_id, occurred_at, unit_id
), entered AS (
  INSERT INTO timeline_entry (id, customer_id, at, kind, unit_id, sequence, summary)
  SELECT id, customer_id, occurred_at, 'contact', unit_id, 1, ${_SUMMARY}::jsonb FROM made
), {log.logged(_EVENT, "FROM claim")}, audited AS (
  INSERT INTO audit ({AUDIT_COLUMNS}) SELECT {_AUDITED} FROM claim
)
SELECT EXISTS (SELECT FROM customer) AS known, EXISTS (SELECT FROM made) AS made
"""


async def log_contact(call: Write, body: NewInteraction) -> Contact:
    """Log a contact without promises; sets the answer's headers.

    A customer who is not known here yet costs a wait and a second try.
    """
    for _ in range(2):
        async with call.pool.single() as tx:
            contact = usecases.make(body, call.principal, tx.new_id(), tx.now)
            known, made = await _try(tx, call, contact)
        if made:
            call.answered(Made(201, _location(contact.id), contact.id), contact.version)
            return contact
        if known:
            return await _repeat(call)
        await scope.customer_for(call.pool, call.principal, body.customer_id)
    raise NotFound("customer")


async def _try(tx: Tx, call: Write, contact: Contact) -> tuple[bool, bool]:
    """Whether the customer is known and, if so, whether the contact was made or the key used before."""
    event = usecases.announcement(tx, contact)
    entry = call.entry(contact.id, contact.customer_id)
    try:
        row = await tx.fetchrow(
            _LOG,
            *(contact.customer_id, call.principal.internal, call.principal.unit),
            *idempotency_args(_attempt(call), tx.now, 201, _location(contact.id), contact.id),
            timeline.summary_of(rules.entry(contact)),
            *log.log_arguments(event),
            *audit_args(tx, call.principal, entry),
            *rows.values(contact),
        )
    except (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError, TimeoutError) as error:
        raise in_progress() from error
    assert row is not None  # noqa: S101 - a SELECT without FROM always has a row
    if row["made"]:
        log.mark_recorded(tx)
    return row["known"], row["made"]


async def _repeat(call: Write) -> Contact:
    made = await call.look_up()
    async with call.pool.read() as reader:
        found = await usecases.find(reader, call.principal, made.resource_id)
    call.replayed(made)
    return found


def _attempt(call: Write) -> Attempt:
    if call.attempt is None:
        raise RuntimeError("this route takes an Idempotency-Key")
    return call.attempt


def _location(contact_id: UUID) -> str:
    return f"/v1/interactions/{contact_id}"
