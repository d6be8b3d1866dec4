"""What other services tell of a customer, and the doors of entitlements."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import httpx

from guanxi.events.customers import AgreementChanged
from guanxi.events.interactions import (
    OrderDelivered,
    OrderPlaced,
    OrderPlacedCorrected,
    OrderPlacedVoided,
    ServicePerformed,
)
from guanxi.events.scores import KeyCustomerDesignated, SegmentChanged
from guanxi.ports import SystemIds
from guanxi.testing import Harness, a_customer, an_employee, an_event

STAND = "STAND-40"
BIG = 50_000_000
_NEW = SystemIds().new


def day(ago: int) -> date:
    """The day so many days ago, in Shanghai."""
    return (datetime.now(UTC) + timedelta(hours=8) - timedelta(days=ago)).date()


def noon(ago: int) -> datetime:
    """Noon in Shanghai of that day."""
    return datetime.combine(day(ago), time(4), UTC)


@dataclass
class Story:
    """One service under test and whom it is asked about."""

    service: Harness
    office: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.office = self.service.caller()

    def person(self, subject: str, *, unit: str = "head-office") -> httpx.AsyncClient:
        """Somebody without the scope of an administrator."""
        return self.service.caller(unit=unit, subject=subject, scope="complaints:read complaints:write pii:read")

    async def employee(self, subject: str, level: str) -> httpx.AsyncClient:
        """Somebody of head office at a level."""
        await self.service.know(an_employee(subject=subject, level=level))
        return self.person(subject)

    async def customer(self, *, region: str | None = None, **values: Any) -> UUID:
        """A customer, known here."""
        state = a_customer(region=region, **values)
        await self.service.know(state)
        await self.service.apply(state, consumer="standing")
        return state.data.id

    async def buys(
        self, customer: UUID, ago: int, total: int = 100_00, pieces: int = 10, sku: str = STAND, **values: Any
    ) -> UUID:
        """An order placed so many days ago; its id."""
        order_id = _NEW()
        body = order(order_id, ago, total, pieces, sku, **values)
        await self.service.apply(an_event(OrderPlaced.model_validate(body), aggregate=order_id, subject=customer))
        return order_id

    async def corrects(self, customer: UUID | None, order_id: UUID, ago: int, total: int, sequence: int = 2) -> None:
        """The order came to something else, or was another's."""
        fact = OrderPlacedCorrected.model_validate(order(order_id, ago, total, 10, STAND))
        await self.service.apply(an_event(fact, aggregate=order_id, sequence=sequence, subject=customer))

    async def voids(self, customer: UUID | None, order_id: UUID, sequence: int = 2) -> None:
        """The order was never placed."""
        fact = OrderPlacedVoided(order_id=order_id, unit="head-office")
        await self.service.apply(an_event(fact, aggregate=order_id, sequence=sequence, subject=customer))

    async def receives(self, customer: UUID, order_id: UUID, ago: int) -> None:
        """All of the order was delivered so many days ago."""
        delivery_id = _NEW()
        fact = OrderDelivered(delivery_id=delivery_id, order_id=order_id, delivered_at=noon(ago), unit="head-office")
        await self.service.apply(an_event(fact, aggregate=delivery_id, subject=customer))

    async def served(self, customer: UUID, cost: int, ago: int = 10, sku: str = STAND) -> None:
        """A repair, at a cost."""
        service_id = _NEW()
        body = {
            "service_id": service_id,
            "kind": "repair",
            "sku": sku,
            "performed_at": noon(ago),
            "unit": "head-office",
        }
        fact = ServicePerformed.model_validate({**body, "cost_minor": cost, "currency": "CNY"})
        await self.service.apply(an_event(fact, aggregate=service_id, subject=customer))

    async def agrees(self, customer: UUID, ago: int, *clauses: dict[str, Any], **values: Any) -> UUID:
        """A service agreement in force since so many days ago; with `agreement_id` and `sequence` another version."""
        id_, sequence = values.pop("agreement_id", None) or _NEW(), values.pop("sequence", 1)
        body = {"agreement_id": id_, "customer_id": customer, "unit": "head-office", "kind": "service", **values}
        fact = AgreementChanged.model_validate({"since": day(ago), "clauses": clauses, **body})
        await self.service.apply(an_event(fact, aggregate=id_, sequence=sequence, subject=customer))
        return id_

    async def enters(self, customer: UUID, tier: str | None, ago: int, sequence: int = 1) -> None:
        """The customer moves into a tier."""
        body = {"segment": "tier", "tier": tier, "as_of": day(ago), "direction": "up"}
        fact = SegmentChanged.model_validate(body)
        await self.service.apply(an_event(fact, aggregate=customer, sequence=sequence, subject=customer))

    async def designated(self, customer: UUID, ago: int) -> None:
        """A person has approved the customer as a key customer."""
        id_ = _NEW()
        fact = KeyCustomerDesignated(designation_id=id_, status="approved", reason="opens-the-north", since=noon(ago))
        await self.service.apply(an_event(fact, aggregate=id_, sequence=2, subject=customer))

    async def asked(self, customer: UUID, client: httpx.AsyncClient | None = None, **query: Any) -> dict[str, Any]:
        """What the customer may claim."""
        answer = await (client or self.office).get("/v1/entitlements", params={"customer_id": str(customer), **query})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def drafted(self, client: httpx.AsyncClient | None = None, **body: Any) -> str:
        """A draft of the policy; its id."""
        body = {"effective_from": day(0).isoformat(), **body}
        answer = await (client or self.office).post("/v1/entitlement-policies", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def step(
        self, policy: str, name: str, client: httpx.AsyncClient | None = None, status: int = 201
    ) -> dict[str, Any]:
        """A step of a policy's life, and what came of it."""
        answer = await (client or self.office).post(f"/v1/entitlement-policies/{policy}/{name}")
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def published(self, **body: Any) -> str:
        """A policy that holds from today on; its id."""
        author = await self.employee(f"author-{_NEW()}", "staff")
        policy = await self.drafted(author, **body)
        for name in ("rehearsal", "approval", "publication"):
            await self.step(policy, name)
        return policy

    async def clauses(self, *changed: dict[str, Any]) -> list[dict[str, Any]]:
        """The clauses that hold, some replaced by code, others added."""
        items = (await self.office.get("/v1/entitlement-policies")).json()["items"]
        newest = next(one for one in items if one["status"] == "published")
        body = (await self.office.get(f"/v1/entitlement-policies/{newest['id']}")).json()
        found = {one["code"]: one for one in body["clauses"]}
        for one in changed:
            found[one["code"]] = {**found.get(one["code"], {"names": {"en": "Agreed"}}), **one}
        return list(found.values())


def order(order_id: UUID, ago: int, total: int, pieces: int, sku: str, **values: Any) -> dict[str, Any]:
    """The body of an order's fact."""
    lines = [{"sku": sku, "quantity": pieces, "amount_minor": total}]
    body = {
        "order_id": order_id,
        "placed_at": noon(ago),
        "currency": "CNY",
        "total_minor": total,
        "unit": "head-office",
    }
    return {**body, "goods_minor": total, "line_count": 1, "lines": lines, **values}


def applying(found: dict[str, Any]) -> set[str]:
    """The benefits that an answer grants."""
    return {one["benefit"] for one in found["benefits"]}
