"""Finding the customer behind a source's name for it, and joining and parting records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from customer_profile.customers import desk
from customer_profile.customers import usecases as customers
from customer_profile.customers.rules import new_customer
from customer_profile.customers.usecases import Actor, Registration
from customer_profile.identity import merging, store
from customer_profile.identity.rules import Alias
from customer_profile.sources import usecases as sources
from guanxi.auth import Principal
from guanxi.db import Reader, Tx
from guanxi.problems import Conflict, Forbidden, NotFound, Unprocessable


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A source's name for a customer, and what to open the record with should nobody know it yet.

    `at` is when the report's fact happened (default: now).
    """

    source: str
    external_ref: str
    unit_id: str
    kind: str = "person"
    name: str | None = None
    role: str = "end_user"
    at: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What the alias is looked up by, and nothing else."""
        return self.source, self.external_ref


async def look_up(reader: Reader, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], UUID | None]:
    """The customers behind those of these (source, external_ref) that are known; None for an erased one."""
    return await store.look_up(reader, sorted(set(keys)))


async def resolve_or_register(tx: Tx, keys: Sequence[NewCustomer]) -> dict[tuple[str, str], UUID | None]:
    """The customer behind each (source, external_ref), registered when nobody knows it; None for an erased one.

    Of parallel first contacts one makes the record and the others find it: the alias's unique constraint decides. An
    absorbed customer's alias gives the absorbed customer.
    """
    if not keys:
        return {}
    wanted = {key.key: key for key in reversed(keys)}
    found = await store.look_up(tx, list(wanted))
    missing = {key: new for key, new in wanted.items() if key not in found}
    if missing:
        found |= await _register(tx, missing)
    return found


async def names_of(reader: Reader, customer_ids: Sequence[UUID]) -> list[tuple[str, str]]:
    """What sources call these customers: (source, external_ref), whoever entered it."""
    return await store.names_of(reader, customer_ids)


async def aliases(reader: Reader, customer_id: UUID, principal: Principal) -> list[Alias]:
    """The names that sources have for exactly this record. 404, 410."""
    await desk.own(reader, customer_id, principal)
    return await store.aliases(reader, customer_id)


async def alias(reader: Reader, customer_id: UUID, alias_id: UUID, principal: Principal) -> Alias:
    """One of them. 404."""
    await desk.own(reader, customer_id, principal)
    found = await store.alias(reader, alias_id)
    if found is None or found.customer_id != customer_id:
        raise NotFound("alias")
    return found


async def add_alias(tx: Tx, customer_id: UUID, source: str, external_ref: str, principal: Principal) -> Alias:
    """Enter a source's name for a customer by hand; 409 when the source calls somebody so already.

    422 for a source that is not there, and for an external one of another unit: its reports would change a record that
    is not its own.
    """
    if not principal.internal:
        raise Forbidden("Names of sources are entered by internal units.", "internal-only")
    # The source before the customer, as every batch and every erasure does.
    publisher = (await sources.lock(tx, [source])).get(source)
    customer = await desk.locked(tx, customer_id, principal)
    if publisher is None or not (publisher.internal or publisher.unit == customer.unit_id):
        detail = "must be a publisher of the customer's unit or of an internal one"
        raise Unprocessable.field("source", "unknown-source", detail)
    claimed = await store.claim(tx, [((source, external_ref), customer.unit_id, customer_id)])
    if not claimed:
        raise Conflict("alias-taken", "The source has this name for a customer already.")
    return claimed[0]


async def hold(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Let no merge and nobody else touch these customers and theirs until the erasure is done; changes nothing."""
    await merging.hold(tx, customer_ids)
    return 0


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank the names that sources had for these customers and what merges kept of them.

    Comes after the erasure of the records themselves: where one of them spoke for others, another one does from now on.
    """
    await merging.reappoint(tx, customer_ids)
    return await store.erase(tx, customer_ids)


async def _register(tx: Tx, missing: dict[tuple[str, str], NewCustomer]) -> dict[tuple[str, str], UUID | None]:
    ids = {key: tx.new_id() for key in sorted(missing)}
    claimed = await store.claim(tx, [(key, missing[key].unit_id, ids[key]) for key in ids])
    won = {one.customer_id for one in claimed}
    await customers.register_all(
        tx, [_registration(tx, new, ids[key]) for key, new in missing.items() if ids[key] in won]
    )
    found: dict[tuple[str, str], UUID | None] = {key: id_ for key, id_ in ids.items() if id_ in won}
    lost = [key for key in missing if key not in found]
    return found | (await store.look_up(tx, lost) if lost else {})


def _registration(tx: Tx, new: NewCustomer, customer_id: UUID) -> Registration:
    customer = new_customer(
        customer_id,
        new.unit_id,
        tx.now,
        new.at,
        kind=new.kind,
        role=new.role,
        name=new.name,
        acquisition_source=new.source,
    )
    return Registration(customer, Actor.of_source(new.source), new.external_ref)
