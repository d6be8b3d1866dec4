"""Routes of the customer's file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from customer_profile.customers import assignments, desk, listing, registering, sightings
from customer_profile.customers.answers import (
    AssignmentRead,
    Count,
    CustomerPage,
    CustomerRead,
    PageRow,
    RevisionPage,
    RevisionRead,
    change_read,
    customer_read,
    page_json,
    state_read,
)
from customer_profile.customers.asked import Wanted
from customer_profile.customers.desk import View
from customer_profile.customers.listing import COUNT_BOUND
from customer_profile.customers.rules import Customer
from customer_profile.customers.schemas import (
    ContactPointBody,
    CustomerPatch,
    NewAssignment,
    NewRecord,
    Verification,
)
from guanxi.auth import PII_READ, masked
from guanxi.events.fields import UtcTime
from guanxi.http import Paging, Read, Write, if_match, plain, read, set_etag, write

router = APIRouter(tags=["customers"])

Reading = Annotated[Read, Depends(read("customers:read"))]
Writing = Annotated[Write, Depends(write("customers:write"))]
Changing = Annotated[Write, Depends(write("customers:write", idempotent=False))]
Version = Annotated[int, Depends(if_match)]
Counted = Annotated[bool, Query(description=f"Count them as well, up to {COUNT_BOUND}.")]


@router.post("/customers", status_code=201)
@plain
async def register_customer(new: NewRecord, call: Writing) -> CustomerRead:
    """Register a customer by hand. Its id works at every service at once."""
    if registering.is_plain(new, call.principal):
        customer = await registering.register(call, new)
    else:
        async with call.once() as once:
            if once.replay:
                customer = await desk.own(once.tx, once.replay, call.principal)
            else:
                customer = await assignments.register(once.tx, new, call.principal)
                location, version = f"/v1/customers/{customer.id}", _version(call, customer)
                once.created(customer.id, location, version, customer_id=customer.id)
    shown = customer_read(customer, [customer.id], internal=call.principal.internal)
    # Another one may have changed it since: the first answer holds what its caller sent.
    return (
        await call.show(shown, "customer", customer.id, customer.id) if call.repeat else masked(shown, call.principal)
    )


@router.get("/customers", response_model=CustomerPage)
@plain
async def list_customers(
    call: Reading,
    paging: Paging,
    wanted: Wanted,
    count: Counted = False,  # noqa: FBT002 - a query
) -> Response:
    """List and search customers, the newest first.

    A search by name, phone, mail or credit code finds merged customers by what any of their records holds. External
    units find their own records.
    """
    async with call.pool.read() as reader:
        rows = await listing.page(reader, wanted, call.principal, paging.after, paging.limit)
        counted = await listing.count(reader, wanted, call.principal) if count else None
    cut = paging.cut(rows, lambda row: (row["id"],))
    bound = None if counted is None else Count(value=min(counted, COUNT_BOUND), more=counted > COUNT_BOUND)
    return await _page(call, cut.items, cut.next, sightings.asked_for(wanted), bound)


@router.get("/customers/stale", response_model=CustomerPage)
async def list_stale_customers(
    call: Reading,
    paging: Paging,
    days: Annotated[int, Query(ge=0, le=36_500, description="Not made sure of for so long.")] = 365,
) -> Response:
    """List customers whose record nobody has made sure of for a while, the longest first."""
    async with call.pool.read() as reader:
        before = call.pool.clock.now() - timedelta(days=days)
        rows = await listing.stale(reader, call.principal, before, paging.after, paging.limit)
    cut = paging.cut(rows, lambda row: (row["verified_at"], row["id"]))
    return await _page(call, cut.items, cut.next, {"days": days})


@router.get("/customers/{customer_id}")
@plain
async def read_customer(customer_id: UUID, call: Reading) -> CustomerRead:
    """Read a customer.

    For a record that was merged, internal readers get the one that speaks for it, named in Content-Location.
    """
    view = await desk.view_shared(call.pool, customer_id, call.principal)
    if view.elsewhere:
        call.response.headers["Content-Location"] = f"/v1/customers/{view.customer.id}"
    set_etag(call.response, _version(call, view.customer))
    return await call.show(_view_read(call, view), "customer", view.customer.id, customer_id)


@router.patch("/customers/{customer_id}")
async def change_customer(customer_id: UUID, patch: CustomerPatch, call: Changing, version: Version) -> CustomerRead:
    """Change a customer; what was there before is kept in its revisions.

    409 `merged-into` when another record speaks for it.
    """
    async with call.change() as change:
        after = await desk.change(change.tx, customer_id, patch, version, call.principal)
        change.done(after.id, _version(call, after), customer_id=after.id)
    return await _answer(call, customer_id)


@router.get("/customers/{customer_id}/revisions")
async def list_revisions(
    customer_id: UUID,
    call: Reading,
    paging: Paging,
    as_of: Annotated[
        UtcTime | None, Query(description="Only what was known then, with the fields as they were.")
    ] = None,
) -> RevisionPage:
    """List the changes of exactly this record, the newest first: who, when, from what to what."""
    async with call.pool.read() as reader:
        customer = await desk.own(reader, customer_id, call.principal)
        before = int(str(paging.after[0])) if paging.after else None
        rows, state = await desk.history(reader, customer, as_of, before, paging.limit, call.principal)
    internal = call.principal.internal
    cut = paging.cut(rows, lambda row: (row.version if internal else row.edition,))
    items = [
        RevisionRead(
            version=row.version if internal else row.edition,
            recorded_at=row.recorded_at,
            actor=row.actor,
            employee_id=row.employee_id,
            source=row.source,
            changes=[change_read(change) for change in row.diff],
        )
        for row in cut.items
    ]
    page = RevisionPage(items=items, next=cut.next, state=state_read(state) if state else None)
    return await call.show(page, "revisions", customer_id, customer_id)


@router.post("/customers/{customer_id}/contact-points", status_code=201)
async def add_contact_point(customer_id: UUID, new: ContactPointBody, call: Writing) -> CustomerRead:
    """Add a way to reach the customer; numbers are kept in E.164."""
    async with call.once() as once:
        if not once.replay:
            after, point = await desk.add_point(once.tx, customer_id, new, call.principal)
            location = f"/v1/customers/{customer_id}/contact-points/{point.id}"
            once.created(point.id, location, _version(call, after), customer_id=customer_id)
    return await _answer(call, customer_id)


@router.delete("/customers/{customer_id}/contact-points/{point_id}")
async def drop_contact_point(customer_id: UUID, point_id: UUID, call: Changing, version: Version) -> CustomerRead:
    """Take a contact point away; If-Match names the customer's version."""
    async with call.change() as change:
        after = await desk.drop_point(change.tx, customer_id, point_id, version, call.principal)
        change.done(point_id, _version(call, after), customer_id=customer_id)
    return await _answer(call, customer_id)


@router.post("/customers/{customer_id}/verifications", status_code=201)
async def verify_customer(customer_id: UUID, new: Verification, call: Writing) -> CustomerRead:
    """Say that the record is right as it stands."""
    async with call.once() as once:
        if not once.replay:
            after = await desk.verify(once.tx, customer_id, new.verified_at, call.principal)
            once.created(after.id, f"/v1/customers/{after.id}", _version(call, after), customer_id=after.id)
    return await _answer(call, customer_id)


@router.post("/customers/{customer_id}/assignments", status_code=201)
async def assign_employee(customer_id: UUID, new: NewAssignment, call: Writing) -> AssignmentRead:
    """Assign an employee to a customer; a new owner takes the place of the one before."""
    async with call.once() as once:
        if once.replay:
            found = await assignments.one(once.tx, customer_id, once.replay, call.principal)
            return AssignmentRead.model_validate(found)
        made, customer = await assignments.assign(once.tx, customer_id, new, call.principal)
        location = f"/v1/customers/{customer_id}/assignments/{made.id}"
        once.created(made.id, location, _version(call, customer), customer_id=customer_id)
    return AssignmentRead.model_validate(made)


@router.get("/customers/{customer_id}/assignments")
async def list_assignments(customer_id: UUID, call: Reading) -> list[AssignmentRead]:
    """List who is and was there for exactly this record, the newest first, at most 200."""
    async with call.pool.read() as reader:
        found = await assignments.listed(reader, customer_id, call.principal)
    return [AssignmentRead.model_validate(one) for one in found]


@router.delete("/customers/{customer_id}/assignments/{assignment_id}")
async def end_assignment(customer_id: UUID, assignment_id: UUID, call: Changing) -> AssignmentRead:
    """End an assignment; a customer may be without an owner."""
    async with call.change() as change:
        customer = await assignments.end(change.tx, customer_id, assignment_id, call.principal)
        ended = await assignments.one(change.tx, customer_id, assignment_id, call.principal)
        change.done(assignment_id, _version(call, customer), customer_id=customer_id)
    return AssignmentRead.model_validate(ended)


def _version(call: Read | Write, customer: Customer) -> int:
    return customer.version_for(internal=call.principal.internal)


async def _answer(call: Write, customer_id: UUID) -> CustomerRead:
    async with call.pool.read() as reader:
        found = await desk.exactly(reader, customer_id, call.principal)
    return await call.show(_view_read(call, found), "customer", customer_id, customer_id)


def _view_read(call: Read | Write, found: View) -> CustomerRead:
    return customer_read(found.customer, found.members, internal=call.principal.internal)


async def _page(
    call: Read,
    some: Sequence[Mapping[str, Any]],
    following: str | None,
    asked: Mapping[str, Any],
    count: Count | None = None,
) -> Response:
    """A page as the caller may see it: masked, or whole and on record."""
    whole = call.principal.may(PII_READ)
    rows = [PageRow(one) for one in some]
    if whole and any(row.personal for row in rows):
        action = f"GET {call.request.url.path}"
        await sightings.note(call.pool, call.principal, action, [row.id for row in rows], asked, unmasked=True)
    answer = Response(page_json(rows, following, count, whole=whole), media_type="application/json")
    answer.raw_headers.extend(call.response.raw_headers)
    return answer
