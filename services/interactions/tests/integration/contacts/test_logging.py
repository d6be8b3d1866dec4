"""Logging contacts over HTTP."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from guanxi.events.interactions import (
    CustomerContacted,
    CustomerContactedCorrected,
    CustomerContactedVoided,
    PromiseBroken,
    PromiseDueSoon,
    PromiseMade,
    PromiseMadeCorrected,
    PromiseMadeVoided,
)
from guanxi.testing import Harness, a_customer, an_employee

pytestmark = pytest.mark.asyncio

VISIT: dict[str, Any] = {
    "channel": "visit",
    "direction": "out",
    "subject": "stands",
    "content": "Looked at the stands together; they are short of forty.",
    "outcome": "need_now",
    "need_on": "2026-12-01",
    "duration_s": 1800,
    "cues": ["said fine, was not"],
    "rival_named": "晉城禮品",
    "contact_person": "張建國",
}


def hours(count: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=count)).isoformat()


async def test_what_was_logged_is_read_back_whole(staff: httpx.AsyncClient, customer: Any) -> None:
    customer_id = await customer()
    made = await staff.post("/v1/interactions", json={"customer_id": str(customer_id), **VISIT})
    assert made.status_code == 201, made.text
    assert made.headers["ETag"] == '"1"'
    read = await staff.get(made.headers["Location"])
    assert read.status_code == 200
    assert read.json() == made.json()
    body = read.json()
    assert {key: body[key] for key in VISIT} == VISIT
    assert (body["customer_id"], body["unit"], body["kind"], body["promises"]) == (
        str(customer_id),
        "head-office",
        "visit",
        [],
    )


async def test_the_event_carries_codes_and_no_words(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    customer_id = await customer()
    made = await staff.post("/v1/interactions", json={"customer_id": str(customer_id), **VISIT})
    (event,) = await service.published(CustomerContacted)
    assert (event.subject, str(event.aggregateid), event.sequence) == (customer_id, made.json()["id"], 1)
    assert (event.data.cue_count, event.data.rival_named, event.data.outcome) == (1, True, "need_now")
    text = event.to_json().decode()
    assert not [word for word in ("forty", "said fine", "晉城禮品", "張建國", "stands") if word in text]


async def test_a_repeat_with_the_same_key_has_no_second_effect(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    body = {"customer_id": str(await customer()), **VISIT, "promises": [{"what": "stands", "due_at": hours(24)}]}
    key = {"Idempotency-Key": "k-1"}
    first = await staff.post("/v1/interactions", json=body, headers=key)
    again = await staff.post("/v1/interactions", json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert again.json() == first.json()
    assert len(await service.published(CustomerContacted)) == 1
    other = await staff.post("/v1/interactions", json={**body, "channel": "phone"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_promises_are_made_with_the_contact(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    logistics = an_employee(unit="complaint-desk", name="陳剛")
    await service.know(logistics)
    due = hours(24)
    promised = [
        {"what": "stands delivered by Friday", "due_at": due, "promiser": str(logistics.aggregateid)},
        {"what": "a call", "due_at": due, "fulfilling_unit": "head-office", "what_code": "call-back"},
    ]
    made = await staff.post(
        "/v1/interactions", json={"customer_id": str(await customer()), **VISIT, "promises": promised}
    )
    first, second = made.json()["promises"]
    assert (first["what"], first["status"], first["fulfilling_unit"]) == (
        "stands delivered by Friday",
        "open",
        "complaint-desk",
    )
    assert (second["fulfilling_unit"], second["what_code"], second["promiser_id"]) == ("head-office", "call-back", None)
    events = await service.published(PromiseMade)
    assert [str(event.aggregateid) for event in events] == [first["id"], second["id"]]
    assert events[0].data.promiser_id == logistics.aggregateid
    assert "Friday" not in events[0].to_json().decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"direction": "sideways"}, "direction"),
        ({"channel": "Pigeon Post"}, "channel"),
        ({"occurred_at": "2190-01-01T00:00:00Z"}, "occurred_at"),
        ({"occurred_at": "2026-01-01T00:00:00"}, "occurred_at"),
        ({"duration_s": -1}, "duration_s"),
        ({"duration_s": 2**63}, "duration_s"),
        ({"content": "a\u0000b"}, "content"),
        ({"unit_id": "head-office"}, "unit_id"),
        ({"employee": str(UUID(int=7))}, "employee"),
        ({"promises": [{"what": "x", "due_at": "2020-01-01T00:00:00Z"}]}, "promises[0].due_at"),
        (
            {"promises": [{"what": "x", "due_at": "2190-01-01T00:00:00Z", "promiser": str(UUID(int=7))}]},
            "promises[0].promiser",
        ),
        (
            {"promises": [{"what": "x", "due_at": "2190-01-01T00:00:00Z", "fulfilling_unit": "moon"}]},
            "promises[0].fulfilling_unit",
        ),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_stored(
    staff: httpx.AsyncClient, service: Harness, customer: Any, change: dict[str, Any], field: str
) -> None:
    body = {"customer_id": str(await customer()), **VISIT, **change}
    answer = await staff.post("/v1/interactions", json=body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await service.published() == []


async def test_an_unknown_customer_is_404_and_an_erased_one_410(staff: httpx.AsyncClient, customer: Any) -> None:
    unknown = await staff.post("/v1/interactions", json={"customer_id": str(uuid4()), **VISIT})
    assert unknown.status_code == 404
    erased = await customer(status="erased", name=None)
    gone = await staff.post("/v1/interactions", json={"customer_id": str(erased), **VISIT})
    assert gone.status_code == 410


async def test_a_correction_needs_the_version_it_corrects(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    made = (await staff.post("/v1/interactions", json={"customer_id": str(await customer()), **VISIT})).json()
    path = f"/v1/interactions/{made['id']}"
    assert (await staff.patch(path, json={"outcome": "later"})).status_code == 428
    right = await staff.patch(path, json={"outcome": "later", "rival_named": None}, headers={"If-Match": '"1"'})
    assert (right.status_code, right.headers["ETag"]) == (200, '"2"')
    assert (right.json()["outcome"], right.json()["rival_named"]) == ("later", None)
    assert right.json()["recorded_at"] == made["recorded_at"]
    assert (right.json()["content"], right.json()["cues"]) == (VISIT["content"], VISIT["cues"])
    stale = await staff.patch(path, json={"outcome": "none"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    (event,) = await service.published(CustomerContactedCorrected)
    assert (event.sequence, event.data.outcome, event.data.rival_named) == (2, "later", False)


@pytest.mark.parametrize("change", [{}, {"channel": None}, {"promises": []}, {"customer_id": str(UUID(int=7))}])
async def test_a_correction_changes_only_what_may_change(
    staff: httpx.AsyncClient, customer: Any, change: dict[str, Any]
) -> None:
    made = (await staff.post("/v1/interactions", json={"customer_id": str(await customer()), **VISIT})).json()
    answer = await staff.patch(f"/v1/interactions/{made['id']}", json=change, headers={"If-Match": '"1"'})
    assert answer.status_code == 422


async def test_a_contact_cannot_have_taken_place_after_what_was_promised_in_it_was_due(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    agreed = [{"what": "stands", "due_at": hours(-1)}, {"what": "towers", "due_at": hours(24)}]
    body = {"customer_id": str(await customer()), **VISIT, "occurred_at": hours(-4), "promises": agreed}
    path = (await staff.post("/v1/interactions", json=body)).headers["Location"]
    before = (await staff.get(path)).json()
    tag = {"If-Match": '"1"'}
    late = await staff.patch(path, json={"occurred_at": hours(-0.5)}, headers=tag)
    assert (late.status_code, late.json()["errors"][0]["field"]) == (422, "occurred_at")
    assert (await staff.get(path)).json() == before
    right = await staff.patch(path, json={"occurred_at": hours(-2)}, headers=tag)
    assert right.status_code == 200, right.text
    assert {one["made_at"] for one in right.json()["promises"]} == {right.json()["occurred_at"]}
    told = await service.published(PromiseMadeCorrected)
    assert {(event.time, event.data.made_at, event.sequence) for event in told} == {
        (*[datetime.fromisoformat(right.json()["occurred_at"])] * 2, 2)
    }
    again = await staff.patch(path, json={"outcome": "later"}, headers={"If-Match": '"2"'})
    assert again.json()["promises"] == right.json()["promises"]
    assert len(await service.published(PromiseMadeCorrected)) == 2


async def test_voiding_is_final_and_takes_the_promises_along(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    customer_id = await customer()
    body = {"customer_id": str(customer_id), **VISIT, "promises": [{"what": "stands", "due_at": hours(24)}]}
    made = (await staff.post("/v1/interactions", json=body)).json()
    path = f"/v1/interactions/{made['id']}"
    voided = await staff.post(f"{path}/voiding", json={"reason": "entered-twice"})
    assert voided.status_code == 201, voided.text
    assert voided.json()["voided_at"]
    assert (await staff.post(f"{path}/voiding", json={})).status_code == 409
    assert (await staff.patch(path, json={"outcome": "later"}, headers={"If-Match": '"2"'})).status_code == 409
    assert (await staff.get("/v1/interactions", params={"customer_id": str(customer_id)})).json()["items"] == []
    assert (await staff.get("/v1/promises", params={"customer_id": str(customer_id)})).json()["items"] == []
    assert (await staff.get(f"/v1/customers/{customer_id}/timeline")).json()["items"] == []
    (contact,), (promise,) = (
        await service.published(CustomerContactedVoided),
        await service.published(PromiseMadeVoided),
    )
    assert (contact.sequence, promise.sequence) == (2, 2)
    service.clock.move(48 * 3600)
    assert await service.work_off_due() == 2
    assert await service.published(PromiseBroken, PromiseDueSoon) == []
    assert (await staff.get(f"/v1/promises/{made['promises'][0]['id']}")).json()["status"] == "open"


async def test_an_external_unit_sees_and_adds_only_its_own(
    staff: httpx.AsyncClient, dealer: httpx.AsyncClient, customer: Any
) -> None:
    ours, theirs = await customer(), await customer(unit="dealer-17")
    assert (await dealer.post("/v1/interactions", json={"customer_id": str(ours), **VISIT})).status_code == 404
    made = await dealer.post("/v1/interactions", json={"customer_id": str(theirs), **VISIT})
    assert made.json()["unit"] == "dealer-17"
    of_office = (await staff.post("/v1/interactions", json={"customer_id": str(theirs), **VISIT})).json()
    for method, path, extra in (
        ("GET", f"/v1/interactions/{of_office['id']}", {}),
        ("PATCH", f"/v1/interactions/{of_office['id']}", {"json": {"outcome": "none"}, "headers": {"If-Match": '"1"'}}),
        ("POST", f"/v1/interactions/{of_office['id']}/voiding", {"json": {}}),
        ("GET", f"/v1/interactions?customer_id={ours}", {}),
        ("GET", f"/v1/customers/{ours}/timeline", {}),
    ):
        assert (await dealer.request(method, path, **extra)).status_code == 404, path
    seen = (await dealer.get("/v1/interactions")).json()["items"]
    assert [one["id"] for one in seen] == [made.json()["id"]]
    shown = (await dealer.get(f"/v1/customers/{theirs}/timeline")).json()["items"]
    assert [one["id"] for one in shown] == [made.json()["id"]]


async def test_merged_records_are_read_together_by_internal_readers(
    staff: httpx.AsyncClient, dealer: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    first, second = await customer(), await customer(unit="dealer-17")
    for customer_id in (first, second):
        await staff.post("/v1/interactions", json={"customer_id": str(customer_id), **VISIT})
    own = (await dealer.post("/v1/interactions", json={"customer_id": str(second), **VISIT})).json()["id"]
    await service.know(a_customer(second, sequence=2, canonical_id=first, status="merged", unit="dealer-17"))
    of_absorbed = await staff.get(f"/v1/customers/{second}/timeline")
    assert of_absorbed.headers["Content-Location"] == f"/v1/customers/{first}/timeline"
    for customer_id in (first, second):
        found = (await staff.get("/v1/interactions", params={"customer_id": str(customer_id)})).json()["items"]
        assert {one["customer_id"] for one in found} == {str(first), str(second)}
        shown = (await staff.get(f"/v1/customers/{customer_id}/timeline")).json()["items"]
        assert len(shown) == 3
    assert [one["id"] for one in (await dealer.get(f"/v1/customers/{second}/timeline")).json()["items"]] == [own]
    await service.know(a_customer(second, sequence=3, unit="dealer-17"))
    assert len((await staff.get(f"/v1/customers/{first}/timeline")).json()["items"]) == 1


async def test_contacts_over_any_channel_stand_on_one_timeline(staff: httpx.AsyncClient, customer: Any) -> None:
    customer_id = await customer()
    channels = ("phone", "counter", "email", "fax", "chat", "dealer", "mini_program")
    for n, channel in enumerate(channels):
        body = {"customer_id": str(customer_id), "channel": channel, "direction": "in", "occurred_at": hours(-n)}
        assert (await staff.post("/v1/interactions", json=body)).status_code == 201
    shown = (await staff.get(f"/v1/customers/{customer_id}/timeline")).json()["items"]
    assert [(one["kind"], one["summary"]["channel"]) for one in shown] == [("contact", one) for one in channels]


async def test_lists_filter_and_page(staff: httpx.AsyncClient, customer: Any) -> None:
    customer_id = await customer()
    for n, channel in enumerate(("phone", "email", "phone", "visit", "phone")):
        body = {"customer_id": str(customer_id), "channel": channel, "direction": "in", "occurred_at": hours(-n - 1)}
        assert (await staff.post("/v1/interactions", json=body)).status_code == 201
    calls = await staff.get("/v1/interactions", params={"customer_id": str(customer_id), "channel": "phone"})
    assert [one["channel"] for one in calls.json()["items"]] == ["phone"] * 3
    recent = await staff.get("/v1/interactions", params={"since": hours(-3.5), "until": hours(-1.5)})
    assert [one["channel"] for one in recent.json()["items"]] == ["email", "phone"]
    seen, address = [], "/v1/interactions?limit=2"
    while address:
        page = await staff.get(address)
        seen += [one["occurred_at"] for one in page.json()["items"]]
        address = page.links["next"]["url"] if "next" in page.links else ""
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5


async def test_each_route_asks_for_its_scope(service: Harness, customer: Any) -> None:
    reader, writer = service.caller(scope="interactions:read"), service.caller(scope="interactions:write")
    body = {"customer_id": str(await customer()), **VISIT}
    assert (await reader.post("/v1/interactions", json=body)).status_code == 403
    assert (await writer.post("/v1/interactions", json=body)).status_code == 201
    assert (await writer.get("/v1/interactions")).status_code == 403
    assert (await service.anonymous().get("/v1/interactions")).status_code == 401


async def test_the_same_request_many_times_at_once_has_one_effect(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    body = {"customer_id": str(await customer()), **VISIT}
    key = {"Idempotency-Key": "at-once"}
    answers = await asyncio.gather(*(staff.post("/v1/interactions", json=body, headers=key) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    async with service.database.api.read() as reader:
        counts = [
            await reader.fetchval(f"SELECT count(*) FROM {table}")
            for table in ("contact", "timeline_entry", "event_log", "outbox", "audit", "idempotency_key")
        ]
    assert counts == [1] * 6


async def test_each_write_is_on_record(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    customer_id = await customer()
    made = await staff.post("/v1/interactions", json={"customer_id": str(customer_id), **VISIT})
    async with service.database.api.read() as reader:
        row = await reader.fetchrow("SELECT principal, unit, action, resource_id, customer_id FROM audit")
    assert row is not None
    assert (row["principal"], row["unit"], row["action"]) == ("tester", "head-office", "POST /v1/interactions")
    assert (str(row["resource_id"]), row["customer_id"]) == (made.json()["id"], customer_id)


async def test_a_customer_registered_a_moment_ago_is_waited_for(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    state = a_customer()

    async def arrive() -> None:
        await asyncio.sleep(0.3)
        await service.know(state)

    body = {"customer_id": str(state.aggregateid), **VISIT}
    answer, _ = await asyncio.gather(staff.post("/v1/interactions", json=body), arrive())
    # On a machine so busy that the news took longer than two seconds the caller is asked to come again.
    again = answer if answer.status_code == 201 else await staff.post("/v1/interactions", json=body)
    assert (answer.status_code in (201, 503), again.status_code) == (True, 201)
    never = await staff.post("/v1/interactions", json={**body, "customer_id": str(a_customer().aggregateid)})
    assert (never.status_code, never.json()["code"]) == (503, "customer-not-yet-known")
    assert never.headers["Retry-After"]
