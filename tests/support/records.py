"""Two records of customers side by side: what each of the five services shows of them, without what must differ."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

Entry = dict[str, Any]

_OWN = ("id", "version", "recorded_at", "created_at", "name", "members", "canonical_id", "verified_at")
"""Fields in which two records differ though the same was done to them, or that a merge and its undoing count up."""


@dataclass(frozen=True)
class Biographer:
    """Gives customers a history, and reads it back."""

    client: httpx.AsyncClient

    async def born(self, name: str, amount: int) -> str:
        """A customer with an order, a visit with a promise, a complaint and a permission."""
        customer = await self.post("/v1/customers", {"kind": "organisation", "name": name, "unit": "web-shop"})
        id_: str = customer["id"]
        await self.lives_on(id_, amount)
        visit = {"customer_id": id_, "channel": "visit", "direction": "out", "content": "Looked at the stands."}
        due = (datetime.now(UTC) + timedelta(days=9)).isoformat()
        promise = {"what": "A catalogue.", "due_at": due, "fulfilling_unit": "sales"}
        await self.post("/v1/interactions", visit | {"promises": [promise]})
        said = {"purpose": "service", "channel": "email", "state": "granted", "evidence": "signed form 7"}
        answer = await self.client.put(f"/v1/customers/{id_}/permissions", json={"permissions": [said]})
        assert answer.is_success, answer.text
        return id_

    async def lives_on(self, id_: str, amount: int) -> None:
        """A call, an order and a complaint."""
        call = {"customer_id": id_, "channel": "phone", "direction": "in", "content": "Asked for a price."}
        await self.post("/v1/interactions", call)
        line = {"sku": "GIFT-SET", "quantity": amount // 1250, "amount_minor": amount}
        order = {"customer_id": id_, "external_ref": f"W-{uuid4()}", "currency": "CNY", "lines": [line]}
        await self.post("/v1/orders", order | {"placed_at": datetime.now(UTC).isoformat()})
        await self.post("/v1/complaints", {"customer_id": id_, "channel": "phone", "cause": "neglect"})

    async def post(self, path: str, body: Mapping[str, Any]) -> Entry:
        """What a POST has made."""
        answer = await self.client.post(path, json=body, headers={"Idempotency-Key": str(uuid4())})
        while answer.status_code in (502, 503):
            await asyncio.sleep(0.2)
            answer = await self.client.post(path, json=body, headers={"Idempotency-Key": str(uuid4())})
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        made: Entry = answer.json()
        return made

    async def of(self, id_: str) -> dict[str, Any]:
        """Everything that the five services show of one record, comparable to another's."""
        at = f"/v1/customers/{id_}"
        paths = (at, f"{at}/timeline", f"/v1/complaints?customer_id={id_}", f"{at}/scores", f"{at}/permissions")
        record, timeline, complaints, scores, permissions = [await self._get(path) for path in paths]
        overview, value = await self._get(f"{at}/overview"), await self._get(f"{at}/scores/value.existing/explanation")
        return {
            "stands for itself": (record["canonical_id"], record["members"]) == (id_, [id_]),
            "record": {name: value for name, value in record.items() if name not in _OWN},
            "timeline": sorted((e["kind"], e["customer_id"] == id_, e["unit"]) for e in timeline["items"]),
            "complaints": sorted(
                (c["customer_id"] == id_, c["status"], c["cause"], c["holder_unit"]) for c in complaints["items"]
            ),
            "scores": [_score(one, id_, scores) for one in scores["items"]],
            "tier": (value["tier"], value["value"], value["band"]),
            "permissions": [
                (p["purpose"], p["channel"], p["state"], p["customer_id"] == id_) for p in permissions["permissions"]
            ],
            "overview": {name: _items(part["items"], id_) for name, part in overview.items() if _is_section(part)},
            "tier in the overview": overview["tier"]["tier"],
        }

    async def _get(self, path: str) -> Any:
        answer = await self.client.get(path)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()


def _score(one: Entry, id_: str, scores: Entry) -> tuple[Any, ...]:
    reasons = sorted((reason["code"], reason["points"], reason["count"]) for reason in one["reasons"])
    return one["kind"], one["value"], one["band"], one["inputs"], reasons, scores["members"] == [id_]


def _items(items: Sequence[Entry], id_: str) -> list[tuple[str, bool, str]]:
    # Not the value of a score, which is told when the band changes, nor whether a tier was reached from above or below:
    # that is how it came about, not how it stands.
    shown = ("channel", "total_minor", "cause", "holder_unit", "kind", "band", "tier", "segment")
    return sorted(
        (
            "" if "segment" in one["details"] else one["status"],
            one["customer_id"] == id_,
            str([one["details"].get(name) for name in shown]),
        )
        for one in items
    )


def _is_section(part: Any) -> bool:
    return isinstance(part, dict) and "items" in part
