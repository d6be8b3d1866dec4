"""Whose records a caller may see and add to: an external unit those of its own customers, under their own ids."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from guanxi import directory
from guanxi.auth import Principal
from guanxi.db import Pool, Tx
from guanxi.directory import DirectoryCustomer
from guanxi.problems import NotFound


async def customer_for(pool: Pool, principal: Principal, customer_id: UUID) -> DirectoryCustomer:
    """The customer as this caller may know it; 404, 410 or 503 as in `directory.require`."""
    return _own(await directory.require(pool, customer_id), principal)


async def locked_customer(tx: Tx, principal: Principal, customer_id: UUID) -> DirectoryCustomer:
    """The same inside a write, locked against an erasure until its end."""
    return _own(await directory.share_lock(tx, customer_id), principal)


@dataclass(frozen=True, slots=True)
class Reach:
    """The ids whose records a reader sees, and the id that stands for them all."""

    ids: tuple[UUID, ...]
    canonical_id: UUID


async def reach(pool: Pool, principal: Principal, customer_id: UUID) -> Reach:
    """All members for an internal reader, the id itself for an external one."""
    found = await customer_for(pool, principal, customer_id)
    if not principal.internal:
        return Reach((found.id,), found.id)
    async with pool.read() as reader:
        return Reach(tuple(await directory.members(reader, found.id)), found.canonical_id)


async def ids_for(pool: Pool, principal: Principal, customer_id: UUID) -> tuple[UUID, ...]:
    """The ids whose records a reader sees."""
    return (await reach(pool, principal, customer_id)).ids


def only_internal(principal: Principal, what: str) -> None:
    """Raise 404 for an external unit: what is the firm's own matter is not there for it."""
    if not principal.internal:
        raise NotFound(what)


def _own(found: DirectoryCustomer, principal: Principal) -> DirectoryCustomer:
    if not principal.internal and found.unit_id != principal.unit:
        raise NotFound("customer")
    return found
