"""The gate of a read model: its consumer goes through with every batch, a rebuild closes it while it puts rows right.

Whoever finds it closed waits for as long as for any lock; that is a transient failure, and never buries anything.
"""

from __future__ import annotations

import asyncpg

from guanxi.db import Tx

_CLASS = 0x67617465  # "gate"
_ENTER = "SELECT pg_advisory_xact_lock_shared($1, hashtext($2))"
_CLOSE = "SELECT pg_advisory_xact_lock($1, hashtext($2))"


class ClosedError(asyncpg.LockNotAvailableError):
    """A rebuild keeps the gate closed: whoever waits is not stuck."""


async def pass_through(tx: Tx, consumer: str) -> None:
    """Go through, and keep it open until this transaction ends; before anything else is locked.

    Raises `ClosedError` when it does not open within the lock time-out.
    """
    try:
        await tx.execute(_ENTER, _CLASS, consumer)
    except asyncpg.LockNotAvailableError as error:
        raise ClosedError(*error.args) from error


async def close(tx: Tx, consumer: str) -> None:
    """Wait for whoever is in, and keep everybody out until this transaction ends."""
    await tx.execute(_CLOSE, _CLASS, consumer)
