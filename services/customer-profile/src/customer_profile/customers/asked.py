"""Which customers a caller asks for: the filters of the list, the same for a page and for an export."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from customer_profile.customers.listing import Filter
from customer_profile.customers.schemas import Kind, Lifecycle, Role, Stage
from guanxi.events.fields import AddressText, Code, PersonName, ShortText

Absorbed = Annotated[bool, Query(description="Also records that another one speaks for.")]


async def filters(  # noqa: PLR0913 - one parameter for each filter
    kind: Kind | None = None,
    role: Role | None = None,
    lifecycle: Lifecycle | None = None,
    stage: Stage | None = None,
    owner: Annotated[UUID | None, Query(description="The employee who answers for the customer.")] = None,
    unit: Code | None = None,
    industry: ShortText | None = None,
    name: Annotated[
        PersonName | None, Query(description="Part of a name, in any script; case and spaces do not count.")
    ] = None,
    phone: Annotated[AddressText | None, Query(description="A whole number, in any way of writing it.")] = None,
    email: Annotated[AddressText | None, Query(description="A whole address.")] = None,
    credit_code: Annotated[ShortText | None, Query(description="A whole unified social credit code.")] = None,
    absorbed: Absorbed = False,  # noqa: FBT002 - a query
) -> Filter:
    """Which customers the caller wants."""
    return Filter(
        kind=kind,
        role=role,
        lifecycle=lifecycle,
        stage=stage,
        owner_id=owner,
        unit=unit,
        industry=industry,
        name=name,
        phone=phone,
        email=email,
        credit_code=credit_code,
        absorbed=absorbed,
    )


Wanted = Annotated[Filter, Depends(filters)]
