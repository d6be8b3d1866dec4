"""The customer list as a file for a spreadsheet, page by page, so that its length costs no memory."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

from customer_profile.customers import listing, sightings
from customer_profile.customers.answers import CustomerRead, customer_read
from customer_profile.customers.listing import Filter
from guanxi.auth import PII_READ, Principal, masked
from guanxi.db import Pool
from guanxi.problems import Problem

ROWS = 500
AT_ONCE = 4
TYPE = "text/csv"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = (
    *(
        "id",
        "kind",
        "role",
        "lifecycle",
        "stage",
        "unit",
        "name",
        "legal_name",
        "legal_representative",
        "contact_person",
    ),
    *("phones", "emails", "address", "social_credit_code", "id_number", "birth_date", "industry", "size"),
    *("owner_id", "created_at", "verified_at"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are wide forms of the first: where input is East Asian, Excel begins a formula with them too."""
_running = asyncio.Semaphore(AT_ONCE)


async def total(pool: Pool, wanted: Filter, principal: Principal) -> int:
    """How many customers an export that begins now has."""
    async with pool.read() as reader:
        return await listing.count(reader, wanted, principal, bound=None)


def exported(pool: Pool, wanted: Filter, principal: Principal) -> AsyncIterator[str]:
    """Lines of CSV, the header first; 429 while too many exports run."""
    check_room()
    return _lines(pool, wanted, principal)


def check_room() -> None:
    """Raise 429 while too many exports run."""
    if _running.locked():
        raise Problem(
            429, "too-many-exports", "Too many exports are running. Repeat this one in a while.", retry_after=10
        )


def running() -> AbstractAsyncContextManager[None]:
    """One of those that may run at once."""
    return _running


async def pages(pool: Pool, wanted: Filter, principal: Principal) -> AsyncIterator[list[list[str]]]:
    """Cells of the customers, the newest first, masked as the caller's lists are; each page is put on record.

    They are as they are kept: what a form of file reads as a formula is for that form to see to.
    """
    after: tuple[Any, ...] | None = None
    while True:
        async with pool.read() as reader:
            found = await listing.records(reader, wanted, principal, after, ROWS)
        some = [masked(customer_read(one, internal=principal.internal), principal) for one in found[:ROWS]]
        await _note(pool, principal, wanted, [one.id for one in some])
        yield [_cells(one) for one in some]
        if len(found) <= ROWS:
            return
        after = (some[-1].id,)


async def _lines(pool: Pool, wanted: Filter, principal: Principal) -> AsyncIterator[str]:
    # Held from here on, not from the call: a caller who leaves before the first line never has it begun, nor ended.
    async with _running:
        # Spreadsheets take a file without this mark for one in the machine's own encoding.
        yield "\ufeff" + _line(COLUMNS)
        async for page in pages(pool, wanted, principal):
            yield "".join(_line([neutral(cell) for cell in cells]) for cells in page)


async def _note(pool: Pool, principal: Principal, wanted: Filter, seen: Sequence[UUID]) -> None:
    """Put on record who goes into the file, and whether phones, addresses of mail and numbers are whole in it."""
    asked, unmasked = sightings.asked_for(wanted), principal.may(PII_READ)
    await sightings.note(pool, principal, "GET /v1/customers/export", seen, asked, unmasked=unmasked)


def preferred(accept: str) -> str:
    """`csv` or `xlsx`, as an Accept header (RFC 9110) weighs them; `csv` where it tells nothing."""
    weights = {TYPE: 0.0, SHEET_TYPE: 0.0}
    for part in accept.lower().split(","):
        kind, *parameters = (one.strip() for one in part.split(";"))
        if kind in weights:
            weights[kind] = _weight(parameters)
    return "xlsx" if weights[SHEET_TYPE] > weights[TYPE] else "csv"


def _weight(parameters: Sequence[str]) -> float:
    for one in parameters:
        name, _, value = one.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def neutral(cell: str) -> str:
    """A cell of CSV that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _cells(one: CustomerRead) -> list[str]:
    of_kind = {kind: "; ".join(p.value for p in one.contact_points if p.kind == kind) for kind in ("phone", "email")}
    address = " ".join(one.address.model_dump(exclude_none=True).values()) if one.address else ""
    special = {"phones": of_kind["phone"], "emails": of_kind["email"], "address": address}
    values = (special[name] if name in special else getattr(one, name) for name in COLUMNS)
    return ["" if value is None else str(value) for value in values]


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
