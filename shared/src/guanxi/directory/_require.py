"""The half second: telling an id that does not exist from one whose news has not arrived yet.

A customer registered a moment ago is known to customer-profile and, once its state has travelled, to everyone. Until
then an answer of "no such customer" would be a lie, so we wait a little and then say "not yet".
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from uuid import UUID

from guanxi.db import Pool, Tx
from guanxi.directory._models import DirectoryCustomer
from guanxi.directory._store import customer, share_locked, watermark
from guanxi.ports import id_time
from guanxi.problems import Gone, NotFound, Problem

WAIT_SECONDS = 2.0
LONGEST_WRITE = timedelta(seconds=15)
"""No id is committed later than this after it was made: the runtime role's transaction_timeout is 10 s, a request's
deadline 5 s. The watermark tells what was committed, an id when it was made; this is the bridge between the two."""

_STEPS = (0.01, 0.02, 0.04, 0.08, 0.15, 0.25)


def surely_missing(customer_id: UUID, up_to: datetime | None) -> bool:
    """True when an id that is unknown here cannot be on its way: no UUIDv7, or older than what has surely arrived."""
    made = id_time(customer_id)
    return made is None or (up_to is not None and made + LONGEST_WRITE < up_to)


async def require(pool: Pool, customer_id: UUID) -> DirectoryCustomer:
    """The customer, if need be after waiting up to 2 s (no connection is held meanwhile).

    Raises 404 for an id that does not exist, 410 for an erased one, 503 `customer-not-yet-known` for one that may still
    be on its way.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    for attempt in range(1_000):
        async with pool.read() as reader:
            found = await customer(reader, customer_id)
            up_to = None if found else (await watermark(reader))[0]
            if up_to is not None:
                # The customer and a mark that covers it may have been committed together between the two reads:
                # a mark tells only of what is looked for after it was read.
                found = await customer(reader, customer_id)
        if found:
            return _not_erased(found)
        if surely_missing(customer_id, up_to):
            raise NotFound("customer")
        if time.monotonic() >= deadline:
            break
        await asyncio.sleep(_STEPS[min(attempt, len(_STEPS) - 1)])
    raise Problem(
        503,
        "customer-not-yet-known",
        "This customer may have been registered a moment ago and is not known here yet. Nothing was stored: repeat it.",
        retry_after=1,
    )


async def share_lock(tx: Tx, customer_id: UUID) -> DirectoryCustomer:
    """The customer inside a write, locked against an erasure until the transaction ends.

    Call `require` before the transaction; raises 404 when it is unknown all the same, 410 when it has been erased.
    """
    found = await share_locked(tx, customer_id)
    if found is None:
        raise NotFound("customer")
    return _not_erased(found)


def _not_erased(found: DirectoryCustomer) -> DirectoryCustomer:
    if found.erased:
        raise Gone("This customer has been erased; nothing more is recorded under the id.", "customer-erased")
    return found
