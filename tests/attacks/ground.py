"""Three callers of the platform, and an object of the first of them for as many routes as it can make one for."""

from __future__ import annotations

import json
import secrets
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from attacks.doors import Route
from attacks.verdict import honest, once
from guanxi.events.complaints import ComplaintClosed
from guanxi_local.testplatform import TestPlatform
from support.dealer import register_dealer
from support.rounds import PATIENCE_S
from support.waiting import Problem, eventually

SENSE: dict[str, dict[str, Any]] = {
    "PATCH /v1/agreements/{agreement_id}": {"reference": "Changed."},
    "PATCH /v1/complaints/{complaint_id}": {"text": "Changed."},
    "PATCH /v1/interactions/{interaction_id}": {"content": "Changed."},
    "PATCH /v1/interviews/{interview_id}": {"note": "Changed."},
    "PATCH /v1/payments/{payment_id}": {"amount_minor": 2},
    "POST /v1/customers/{customer_id}/contact-points": {"kind": "email", "value": "a@example.com"},
    "POST /v1/complaints/{complaint_id}/handovers": {"to_unit": "complaint-desk"},
    "PATCH /v1/orders/{order_id}": {"way": "telephone"},
    "POST /v1/permission-requests/{request_id}/answer": {"granted": False},
    "PUT /v1/customers/{customer_id}/permissions": {
        "permissions": [{"purpose": "service", "channel": "email", "state": "denied"}]
    },
}
"""What a body must say beyond its schema."""


@dataclass
class Ground:
    """Three callers, and what belongs to the first of them."""

    own: httpx.AsyncClient
    other: httpx.AsyncClient
    department: httpx.AsyncClient
    nobody: httpx.AsyncClient
    ids: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def values(self, route: Route) -> Mapping[str, str]:
        """What belongs to the first caller, by the names that this route uses."""
        return {place: self.ids[place] for place in route.places if place in self.ids}


@asynccontextmanager
async def prepared(platform: TestPlatform) -> AsyncIterator[Ground]:
    """Make them, and all that is made for the first; prints how long each was kept waiting, at the end."""
    mark = secrets.token_hex(3)
    mine = await register_dealer(platform, f"mine-{mark}")
    theirs = await register_dealer(platform, f"theirs-{mark}")
    callers: dict[str, dict[str, Any]] = {
        "own": {"unit": mine.unit, "source": mine.source, "subject": f"own-{mark}"},
        "other": {"unit": theirs.unit, "source": theirs.source, "subject": f"other-{mark}"},
        "department": {"subject": f"department-{mark}"},
    }
    clients = {
        name: httpx.AsyncClient(
            base_url=platform.gateway,
            headers={"Authorization": f"Bearer {platform.token(**claims)}"},
            timeout=30,
            trust_env=False,
        )
        for name, claims in callers.items()
    }
    nobody = httpx.AsyncClient(base_url=platform.gateway, timeout=30, trust_env=False)
    made = Ground(clients["own"], clients["other"], clients["department"], nobody)
    await _fill(made, mine.source)
    yield made
    for name, seconds in sorted(made.seconds.items()):
        sys.stdout.write(f"{name}: median {statistics.median(seconds) * 1000:.1f} ms of {len(seconds)}\n")
    for client in (*clients.values(), nobody):
        await client.aclose()


async def _fill(ground: Ground, source: str) -> None:
    ids = ground.ids
    customer = await post(ground.own, "customers", {"kind": "person", "name": "Mine"})
    ids |= {"customer_id": customer["id"], "name": source, "code": customer.get("unit", "")}
    about = {"customer_id": customer["id"], "channel": "phone"}
    due = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    visit = await post(
        ground.own, "interactions", {**about, "direction": "in", "promises": [{"what": "A visit.", "due_at": due}]}
    )
    ids["interaction_id"] = visit["id"]
    line = {"sku": "A", "quantity": 1, "amount_minor": 100}
    order = {"customer_id": customer["id"], "currency": "CNY", "external_ref": secrets.token_hex(6), "lines": [line]}
    ids["order_id"] = (await post(ground.own, "orders", order))["id"]
    line = {"sku": "A", "quantity": 1, "amount_minor": 1}
    followed: dict[str, dict[str, Any]] = {"payment": {"amount_minor": 1}, "delivery": {}, "return": {"lines": [line]}}
    for what, body in followed.items():
        where = f"orders/{ids['order_id']}/{'deliveries' if what == 'delivery' else f'{what}s'}"
        made = await post(ground.own, where, body)
        ids[f"{what}_id"] = made.get(f"{what}_id") or made["id"]
    ids["service_id"] = (await post(ground.own, "service-records", {"customer_id": customer["id"], "kind": "repair"}))[
        "id"
    ]
    ids["complaint_id"] = (await post(ground.own, "complaints", {**about, "cause": "quality", "text": "Mine."}))["id"]
    ids["point_id"] = await _point(ground, customer["id"])
    ids["webhook_id"] = await _webhook(ground)
    brought = {"referred_id": (await post(ground.own, "customers", {"kind": "person", "name": "Mine"}))["id"]}
    ids["referral_id"] = (await post(ground.own, f"customers/{customer['id']}/referrals", brought))["id"]
    agreed = {"kind": "service", "since": "2026-01-01", "reference": "Mine."}
    ids["agreement_id"] = (await post(ground.department, f"customers/{customer['id']}/agreements", agreed))["id"]
    asked = {"customer_id": customer["id"], "purpose": "marketing", "channel": "email", "way": "phone"}
    ids["request_id"] = (await post(ground.own, "permission-requests", asked))["id"]
    await _listened(ground, customer["id"])
    promises = (await ground.own.get("/v1/promises", params={"customer_id": customer["id"]})).json()["items"]
    ids["promise_id"] = promises[0]["id"]
    await _report(ground, source)
    ids["n"] = "1"
    await eventually(lambda: _told(ground, customer["id"]), PATIENCE_S)
    await eventually(lambda: _score(ground, customer["id"]), PATIENCE_S)


async def _listened(ground: Ground, customer: str) -> None:
    """An interview with its need, an invitation and a plan item, along questionnaires of the firm's."""
    about, asked = {"customer_id": customer}, {"item": "a", "text": {"en": "On time?"}, "indicator": "on-time"}
    for kind in ("interview", "survey"):
        code = f"{kind}-{secrets.token_hex(3)}"
        form = {"code": code, "kind": kind, "title": {"en": "Mine."}, "questions": [asked]}
        await post(ground.department, "questionnaires", form)
        body: dict[str, Any] = {**about, "questionnaire": code}
        if kind == "interview":
            held = await post(ground.own, "interviews", {**body, "answers": [], "needs": [{"what": "A call."}]})
            ground.ids |= {"interview_id": held["id"], "need_id": held["needs"][0]["id"]}
        else:
            invited = await post(ground.own, "invitations", {**body, "channel": "visit"})
            ground.ids["invitation_id"] = invited["id"]
    item = await post(ground.own, "plan-items", {**about, "kind": "visit", "due_on": "2190-01-01"})
    ground.ids["plan_item_id"] = item["id"]


async def _score(ground: Ground, customer: str) -> Problem:
    """Find a kind of score that the customer has."""
    for card in (await ground.department.get("/v1/scorecards")).json()["items"]:
        path = f"/v1/customers/{customer}/scores/{card['kind']}/explanation"
        if (await ground.department.get(path)).status_code == 200:
            ground.ids["kind"] = card["kind"]
            return None
    return "there is no score yet"


async def _point(ground: Ground, customer: str) -> str:
    body = {"kind": "phone", "value": "+8613800138000"}
    answer = await post(ground.own, f"customers/{customer}/contact-points", body)
    points = answer.get("contact_points") or [answer]
    return str(points[-1]["id"])


async def _webhook(ground: Ground) -> str:
    body = {"types": [ComplaintClosed.TYPE], "url": "https://93.184.215.14/"}
    answer = await ground.own.post("/v1/webhooks", json=body, headers=once())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def _told(ground: Ground, customer: str) -> Problem:
    """Find what was told of the complaint: a message to the customer, sent or not, and an alert to head office."""
    for name, asking, path in (("message_id", ground.own, "messages"), ("alert_id", ground.department, "inbox")):
        told = (await asking.get(f"/v1/{path}")).json()["items"]
        found = [one["id"] for one in told if one["customer_id"] == customer]
        if not found:
            return f"there is nothing in {path}"
        ground.ids[name] = found[0]
    return None


async def _report(ground: Ground, source: str) -> None:
    event = {
        "specversion": "1.0",
        "id": f"r-{secrets.token_hex(4)}",
        "source": source,
        "type": "guanxi.inbound.ContactReported.v1",
        "time": datetime.now(UTC).isoformat(),
        "data": {"external_customer": "C-1"},
    }
    said = {"external_customer": "C-1", "questionnaire": "after-visit", "grades": [{"item": "speed", "obtained": 3}]}
    opinion = {**event, "id": f"{event['id']}-o", "type": "guanxi.inbound.OpinionReported.v1", "data": said}
    answer = await ground.own.post("/v1/inbound-events", content=json.dumps([event, opinion]), headers=batch())
    assert answer.status_code == 202, answer.text
    ground.ids["batch_id"] = answer.headers["location"].rpartition("/")[2]
    items = (await ground.own.get("/v1/inbound-events", params={"status": "rejected"})).json()["items"]
    ground.ids["report_id"] = items[0]["id"]

    async def look() -> Problem:
        found = (await ground.own.get("/v1/opinions")).json()["items"]
        if found:
            ground.ids["opinion_id"] = found[0]["id"]
        return None if found else "the opinion is not there"

    await eventually(look, 30)


def batch() -> dict[str, str]:
    return {**once(), "Content-Type": "application/cloudevents-batch+json"}


async def post(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}

    async def look() -> Problem:
        answer = await client.post(f"/v1/{path}", json=body, headers=once())
        if answer.status_code == 503:
            return answer.text
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        made.update(answer.json())
        return None

    await eventually(look, 30)
    return made


async def ask(ground: Ground, who: str, route: Route, path: str) -> httpx.Response:
    client: httpx.AsyncClient = getattr(ground, who)
    began = time.perf_counter()
    body = {**route.good(), **SENSE.get(route.name, {})} if route.body else None
    answer = await client.request(route.method, path, json=body, headers=once())
    ground.seconds.setdefault(who, []).append(time.perf_counter() - began)
    return honest(answer)


def query_of(ground: Ground, route: Route) -> str:
    kinds = [
        p for p in route.operation["parameters"] if (p["name"], p["in"], p.get("required")) == ("kind", "query", True)
    ]
    return f"?kind={ground.ids['kind']}" if kinds else ""
