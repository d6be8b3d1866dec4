"""B: each route that names an object, asked by its own unit, by another dealer, by a department and by nobody.

To another dealer an object of a stranger is as if it were not there: same status, same body but for the address.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from attacks.doors import ROUTES, Route
from attacks.verdict import honest, once, refused, shape
from guanxi.events.complaints import ComplaintClosed
from guanxi_local.testplatform import TestPlatform
from support.dealer import register_dealer
from support.rounds import PATIENCE_S
from support.waiting import Problem, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

OBJECTS = [route for route in ROUTES if route.places and "stream" not in route.path]
"""Every route with something of the caller's choice in its path."""


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


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ground(platform: TestPlatform) -> AsyncIterator[Ground]:
    """Make them, and an object for as many of the routes as a dealer can make one for."""
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
    customer = await _post(ground.own, "customers", {"kind": "person", "name": "Mine"})
    ids |= {"customer_id": customer["id"], "name": source, "code": customer.get("unit", "")}
    about = {"customer_id": customer["id"], "channel": "phone"}
    due = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    visit = await _post(
        ground.own, "interactions", {**about, "direction": "in", "promises": [{"what": "A visit.", "due_at": due}]}
    )
    ids["interaction_id"] = visit["id"]
    line = {"sku": "A", "quantity": 1, "amount_minor": 100}
    order = {"customer_id": customer["id"], "currency": "CNY", "external_ref": secrets.token_hex(6), "lines": [line]}
    ids["order_id"] = (await _post(ground.own, "orders", order))["id"]
    line = {"sku": "A", "quantity": 1, "amount_minor": 1}
    followed: dict[str, dict[str, Any]] = {"payment": {"amount_minor": 1}, "delivery": {}, "return": {"lines": [line]}}
    for what, body in followed.items():
        where = f"orders/{ids['order_id']}/{'deliveries' if what == 'delivery' else f'{what}s'}"
        made = await _post(ground.own, where, body)
        ids[f"{what}_id"] = made.get(f"{what}_id") or made["id"]
    ids["service_id"] = (await _post(ground.own, "service-records", {"customer_id": customer["id"], "kind": "repair"}))[
        "id"
    ]
    ids["complaint_id"] = (await _post(ground.own, "complaints", {**about, "cause": "quality", "text": "Mine."}))["id"]
    ids["point_id"] = await _point(ground, customer["id"])
    ids["webhook_id"] = await _webhook(ground)
    brought = {"referred_id": (await _post(ground.own, "customers", {"kind": "person", "name": "Mine"}))["id"]}
    ids["referral_id"] = (await _post(ground.own, f"customers/{customer['id']}/referrals", brought))["id"]
    agreed = {"kind": "service", "since": "2026-01-01", "reference": "Mine."}
    ids["agreement_id"] = (await _post(ground.own, f"customers/{customer['id']}/agreements", agreed))["id"]
    asked = {"customer_id": customer["id"], "purpose": "marketing", "channel": "email", "way": "phone"}
    ids["request_id"] = (await _post(ground.own, "permission-requests", asked))["id"]
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
        await _post(ground.department, "questionnaires", form)
        body: dict[str, Any] = {**about, "questionnaire": code}
        if kind == "interview":
            held = await _post(ground.own, "interviews", {**body, "answers": [], "needs": [{"what": "A call."}]})
            ground.ids |= {"interview_id": held["id"], "need_id": held["needs"][0]["id"]}
        else:
            invited = await _post(ground.own, "invitations", {**body, "channel": "visit"})
            ground.ids["invitation_id"] = invited["id"]
    item = await _post(ground.own, "plan-items", {**about, "kind": "visit", "due_on": "2190-01-01"})
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
    answer = await _post(ground.own, f"customers/{customer}/contact-points", body)
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
    answer = await ground.own.post("/v1/inbound-events", content=json.dumps([event, opinion]), headers=_batch())
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


def _batch() -> dict[str, str]:
    return {**once(), "Content-Type": "application/cloudevents-batch+json"}


async def _post(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
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


async def _ask(ground: Ground, who: str, route: Route, path: str) -> httpx.Response:
    client: httpx.AsyncClient = getattr(ground, who)
    began = time.perf_counter()
    body = {**route.good(), **SENSE.get(route.name, {})} if route.body else None
    answer = await client.request(route.method, path, json=body, headers=once())
    ground.seconds.setdefault(who, []).append(time.perf_counter() - began)
    return honest(answer)


@pytest.mark.parametrize("route", OBJECTS, ids=[route.name for route in OBJECTS])
async def test_nobody_gets_in_without_a_token(ground: Ground, route: Route) -> None:
    answer = await _ask(ground, "nobody", route, route.at(ground.values(route)))
    if not route.public:
        refused(answer, 401)


@pytest.mark.smoke
@pytest.mark.parametrize("route", OBJECTS, ids=[route.name for route in OBJECTS])
async def test_to_another_dealer_it_is_not_there(ground: Ground, route: Route) -> None:
    if route.public:
        pytest.skip("strangers may call it: what is in its path is the secret")
    if route.name in _NOT_A_DEALERS:
        pytest.skip("no dealer has such a thing")
    query = _query(ground, route)
    foreign, missing = route.at(ground.values(route)) + query, route.at(_missing(ground, route)) + query
    there = await _ask(ground, "other", route, foreign)
    nowhere = await _ask(ground, "other", route, missing)
    assert there.status_code == nowhere.status_code, (there.text, nowhere.text)
    assert there.status_code in (403, 404), there.text
    assert shape(there.json()) == shape(nowhere.json())
    assert there.headers.keys() == nowhere.headers.keys()


_NOT_A_DEALERS = {
    *("GET /v1/routing-rules/{rule_id}", "PUT /v1/routing-rules/{rule_id}", "DELETE /v1/routing-rules/{rule_id}"),
    *(
        "GET /v1/employees/{employee_id}",
        "PATCH /v1/employees/{employee_id}",
        "GET /v1/employees/{employee_id}/promises",
    ),
    *("POST /v1/employees/{employee_id}/departure", "GET /v1/merges/{merge_id}", "POST /v1/merges/{merge_id}/undo"),
    *("GET /v1/merges/{merge_id}/worksheet", "GET /v1/improvements/{improvement_id}/tellings"),
    *("GET /v1/match-candidates/{candidate_id}", "POST /v1/match-candidates/{candidate_id}/decision"),
    *(
        "GET /v1/units/{code}",
        "PATCH /v1/units/{code}",
        "PUT /v1/alert-rules/{code}",
        "GET /v1/templates/{template_id}",
    ),
    *("GET /v1/questionnaires/{code}", "POST /v1/questionnaires/{code}/versions"),
    *("GET /v1/questionnaires/{code}/print", "POST /v1/questionnaires/{code}/print-runs"),
    *("GET /v1/visit-reports/{visit_report_id}", "GET /v1/employees/{employee_id}/exposed-customers"),
    *("GET /v1/handovers/{handover_id}", "POST /v1/handovers/{handover_id}/joint-visit"),
    "POST /v1/handovers/{handover_id}/completion",
    *("GET /v1/mentions/{mention_id}", "GET /v1/scorecards/{kind}/versions/{version}"),
    *("GET /v1/entitlement-policies/{policy_id}", "GET /v1/entitlement-policies/{policy_id}/rehearsal"),
    *(f"POST /v1/entitlement-policies/{{policy_id}}/{step}" for step in ("rehearsal", "approval", "publication")),
    *("GET /v1/goodwill-requests/{request_id}", "POST /v1/goodwill-requests/{request_id}/decision"),
    "POST /v1/goodwill-requests/{request_id}/spending",
    *("POST /v1/problems/{problem_id}/recognition", "POST /v1/problems/{problem_id}/solution"),
    *("GET /v1/improvements/{improvement_id}", "PATCH /v1/improvements/{improvement_id}"),
    *(f"POST /v1/improvements/{{improvement_id}}/{step}" for step in ("approval", "publication")),
    *("GET /v1/segments/{segment_id}/members", "GET /v1/segments/{segment_id}/summary"),
    *(
        route.name
        for route in OBJECTS
        if any(
            part in route.path for part in ("/review-cycles/", "/rehearsals", "/designations/", "/match-candidates/")
        )
    ),
    *(route.name for route in OBJECTS if "/v1/ops/" in route.path),
}
"""Routes to what a dealer cannot make: the firm's own matters, and the operators'."""


async def test_each_route_has_an_object_of_the_first_dealer_or_is_named_as_one_that_has_none(ground: Ground) -> None:
    without = {
        route.name
        for route in OBJECTS
        if not route.public and (route.places[0] in _COMMON or not ground.ids.get(route.places[0]))
    }
    assert without == _NOT_A_DEALERS


_COMMON = {"kind", "segment_id", "code", "rule_id"}
"""What belongs to the firm, not to a unit."""


def _missing(ground: Ground, route: Route) -> dict[str, str]:
    return {place: ground.ids[place] for place in route.places if place in ("n", "kind")}


def _query(ground: Ground, route: Route) -> str:
    kinds = [
        p for p in route.operation["parameters"] if (p["name"], p["in"], p.get("required")) == ("kind", "query", True)
    ]
    return f"?kind={ground.ids['kind']}" if kinds else ""


_READS = [route for route in OBJECTS if route.method == "GET" and not route.public and "ops" not in route.path]


@pytest.mark.parametrize("who", ["own", "department"])
@pytest.mark.parametrize("route", _READS, ids=[route.name for route in _READS])
async def test_to_its_own_unit_and_to_a_department_it_is_there(ground: Ground, route: Route, who: str) -> None:
    values = ground.values(route)
    if set(route.places) - values.keys() or route.places[0] in _COMMON or not all(values.values()):
        pytest.skip(f"a dealer cannot make {' and '.join(route.places)}")
    of_the_firm = (route.service == "scoring" and "facts" not in route.path) or "alert_id" in route.places
    if who == "own" and of_the_firm:
        refused(await _ask(ground, who, route, route.at(values) + _query(ground, route)), 404)
        return

    async def look() -> Problem:
        answer = await _ask(ground, who, route, route.at(values) + _query(ground, route))
        return None if answer.status_code in (200, 403) else f"{answer.status_code} {answer.text}"

    await eventually(look, 20)


_LISTS = [
    route
    for route in ROUTES
    if route.method == "GET"
    and not route.public
    and not route.places
    and "stream" not in route.path
    and "/ops/" not in route.path
]


@pytest.mark.smoke
@pytest.mark.parametrize("route", _LISTS, ids=[route.name for route in _LISTS])
async def test_no_list_of_another_dealer_shows_it(ground: Ground, route: Route) -> None:
    filters = {p["name"] for p in route.operation.get("parameters", ()) if p["in"] == "query"}
    asked = [{}, *({name: ground.ids[name]} for name in filters if name in ground.ids and name != "kind")]
    for query in asked:
        answer = honest(await ground.other.get(route.path, params=query))
        assert answer.status_code in (200, 403, 404, 422), answer.text
        shown = [value for name, value in ground.ids.items() if len(value) == 36 and value in answer.text and name]
        if query and answer.status_code != 200:
            shown = [value for value in shown if value not in query.values()]
        assert not shown, (query, answer.text[:500])


async def test_no_list_is_read_on_from_the_cursor_of_another(ground: Ground) -> None:
    for _ in range(2):
        await _post(ground.own, "customers", {"kind": "person", "name": "Mine too"})
    cursor = (await ground.own.get("/v1/customers", params={"limit": 1})).json()["next"]
    answer = honest(await ground.other.get("/v1/customers", params={"cursor": cursor}))
    assert answer.status_code in (200, 422), answer.text
    assert "Mine" not in answer.text


IN_BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "a contact": ("/v1/interactions", {"channel": "phone", "direction": "in"}),
    "an order": ("/v1/orders", {"currency": "CNY", "lines": [{"sku": "A", "quantity": 1, "amount_minor": 1}]}),
    "a service": ("/v1/service-records", {"kind": "repair"}),
    "a need": ("/v1/needs", {"what": "A call."}),
    "a plan": ("/v1/plan-items", {"kind": "visit", "due_on": "2190-01-01"}),
    "a complaint": ("/v1/complaints", {"channel": "phone", "cause": "quality"}),
}


@pytest.mark.parametrize("name", IN_BODIES)
async def test_nothing_is_written_about_the_customer_of_another(ground: Ground, name: str) -> None:
    path, body = IN_BODIES[name]
    answers = [
        honest(await ground.other.post(path, json={**body, "customer_id": customer}, headers=once()))
        for customer in (ground.ids["customer_id"], "01800000-0000-7000-8000-000000000001")
    ]
    assert [answer.status_code for answer in answers] == [404, 404], [answer.text for answer in answers]
    assert shape(answers[0].json()) == shape(answers[1].json())


async def test_another_dealers_report_is_not_taken(ground: Ground) -> None:
    event = {"specversion": "1.0", "id": "x", "source": ground.ids["name"], "type": "guanxi.inbound.ContactReported.v1"}
    event |= {"time": datetime.now(UTC).isoformat()}
    body = {**event, "data": {"external_customer": "C-1", "channel": "phone", "direction": "in"}}
    answer = honest(await ground.other.post("/v1/inbound-events", content=json.dumps([body]), headers=_batch()))
    assert answer.status_code in (202, 403, 422), answer.text
    if answer.status_code == 202:
        assert [one["status"] for one in answer.json()["results"]] == ["rejected"], answer.text
    await asyncio.sleep(0)
