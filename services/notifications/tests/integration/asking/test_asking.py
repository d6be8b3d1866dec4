"""Ask first: who has said nothing is asked once, by phone or by a mail that may be sent, and the answer holds."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from guanxi.events.notifications import ConsentChanged
from guanxi.testing.builders import a_customer, a_unit
from guanxi.testing.harness import Harness
from notifications.messages.sender import send_due

from ..conftest import OpenHarness, caught_up
from ..mailserver import Mailbox, mailbox
from ..people import a_profile, new_id

pytestmark = pytest.mark.asyncio
SERVICE_OK = {"purpose": "service", "channel": "email", "state": "granted", "evidence": "form 7"}
YEAR = 366 * 24 * 3600


@pytest_asyncio.fixture(loop_scope="session")
async def post() -> Any:
    async with mailbox() as box:
        yield box


@pytest_asyncio.fixture(loop_scope="session")
async def service(open_service: OpenHarness, post: Mailbox) -> Harness:
    return await open_service(smtp_url=post.url)


async def a_client(service: Harness, *permissions: dict[str, Any], **values: Any) -> UUID:
    customer = new_id()
    await service.know(a_customer(customer, **{"emails": ["zhang@example.com"], "language": "en", **values}))
    if permissions:
        await service.apply(a_profile(customer, *permissions))
    return customer


async def ask(service: Harness, customer: UUID, **values: Any) -> httpx.Response:
    body = {"customer_id": str(customer), "purpose": "marketing", "channel": "email", "way": "phone", **values}
    return await service.caller().post("/v1/permission-requests", json=body)


async def asked(service: Harness, customer: UUID, **values: Any) -> dict[str, Any]:
    answer = await ask(service, customer, **values)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def state_of(service: Harness, customer: UUID, purpose: str = "marketing") -> str | None:
    answer = await service.caller().get(f"/v1/customers/{customer}/permissions")
    found = {one["purpose"]: one["state"] for one in answer.json()["permissions"]}
    return found.get(purpose)


async def send_all(service: Harness) -> None:
    runtime, up_to = service.app.state.runtime, await caught_up(service)
    while await send_due(runtime.settings, runtime.database.consumers, permissions_up_to=up_to):
        pass
    await service.work_off_due()


@pytest.mark.parametrize(
    ("body", "state"), [({"granted": True, "evidence": "call 09:40"}, "granted"), ({"granted": False}, "denied")]
)
async def test_a_question_by_phone_is_on_record_and_its_answer_is_the_permission(
    service: Harness, body: dict[str, Any], state: str
) -> None:
    customer = await a_client(service)
    made = await asked(service, customer)
    assert (made["state"], await state_of(service, customer)) == ("asked", "asked")
    answer = await service.caller().post(f"/v1/permission-requests/{made['id']}/answer", json=body)
    assert (answer.status_code, answer.json()["state"]) == (201, state)
    assert await state_of(service, customer) == state
    assert [one.data.state for one in await service.published(ConsentChanged)] == ["asked", state]
    (listed,) = (
        await service.caller().get("/v1/permission-requests", params={"customer_id": str(customer), "state": state})
    ).json()["items"]
    assert listed["id"] == made["id"]


async def test_a_yes_needs_evidence(service: Harness) -> None:
    made = await asked(service, await a_client(service))
    answer = await service.caller().post(f"/v1/permission-requests/{made['id']}/answer", json={"granted": True})
    assert answer.status_code == 422


async def test_the_same_is_not_asked_again_within_twelve_months_of_any_record_of_the_customer(
    service: Harness,
) -> None:
    customer = await a_client(service)
    other = await a_client(service, canonical_id=customer, status="merged")
    await asked(service, customer)
    for again in (customer, other):
        refused = await ask(service, again)
        assert (refused.status_code, refused.json()["code"]) == (409, "asked-lately")
    await asked(service, customer, purpose="survey")
    service.clock.move(YEAR)
    await asked(service, other)


@pytest.mark.parametrize(("state", "code"), [("granted", "already-granted"), ("denied", "already-refused")])
async def test_who_has_said_yes_or_no_is_not_asked(service: Harness, state: str, code: str) -> None:
    customer = await a_client(service, {**SERVICE_OK, "purpose": "marketing", "state": state})
    refused = await ask(service, customer)
    assert (refused.status_code, refused.json()["code"]) == (409, code)


async def test_a_mail_asks_only_with_permission_for_service(service: Harness, post: Mailbox) -> None:
    refused = await ask(service, await a_client(service), way="email")
    assert (refused.status_code, refused.json()["code"]) == (409, "no-permission")
    assert post.letters == []


@pytest.mark.parametrize(("tap", "state"), [("yes", "granted"), ("no", "denied")])
async def test_a_mail_asks_and_one_tap_answers_once(service: Harness, post: Mailbox, tap: str, state: str) -> None:
    customer = await a_client(service, SERVICE_OK)
    made = await asked(service, customer, way="email")
    assert (made["state"], await state_of(service, customer)) == ("waiting", None)
    await send_all(service)
    assert await state_of(service, customer) == "asked"
    part = post.letters[-1].get_body(("plain",))
    assert part is not None
    assert "news and offers by e-mail" in part.get_content()
    (link,) = set(re.findall(r"http://guanxi\.test(/why/\S{43})", part.get_content()))
    assert "May we send you these messages?" in (await service.anonymous().get(link, params={"lang": "en"})).text
    for said in (tap, "yes", "no"):
        assert (await service.anonymous().post(f"{link}/answer", data={"answer": said})).status_code == 303
    assert await state_of(service, customer) == state
    shown = (await service.anonymous().get(f"/v1{link}")).json()
    assert (shown["question"], shown["answer"]) == ("permission", tap == "yes")


async def test_a_mail_that_could_not_go_asked_nobody(service: Harness, post: Mailbox) -> None:
    customer = await a_client(service, SERVICE_OK)
    made = await asked(service, customer, way="email")
    withdrawn = {"permissions": [{"purpose": "service", "channel": "email", "state": "withdrawn"}]}
    await service.caller().put(f"/v1/customers/{customer}/permissions", json=withdrawn)
    await send_all(service)
    assert post.letters == []
    found = (await service.caller().get(f"/v1/permission-requests/{made['id']}")).json()
    assert (found["state"], found["reason"]) == ("not_asked", "no_permission")
    assert await state_of(service, customer) is None
    await asked(service, customer, way="phone")


async def test_a_question_hides_no_answer_whatever_comes_first(service: Harness) -> None:
    for state in ("granted", "denied"):
        customer = await a_client(service)
        await asked(service, customer)
        said = {**SERVICE_OK, "purpose": "marketing", "state": state, "at": "2026-01-01T00:00:00Z"}
        await service.apply(a_profile(customer, said))
        assert await state_of(service, customer) == state


async def test_a_question_to_one_record_takes_nothing_from_what_another_allowed(service: Harness) -> None:
    customer = await a_client(service)
    await asked(service, customer)
    other = await a_client(service, {**SERVICE_OK, "purpose": "marketing"}, canonical_id=customer, status="merged")
    assert await state_of(service, customer) == await state_of(service, other) == "granted"


async def test_a_dealer_asks_only_its_own_customers(service: Harness) -> None:
    await service.know(a_unit("dealer-17", kind="dealer", internal=False))
    ours, theirs = await a_client(service), await a_client(service, unit="dealer-17")
    made = await asked(service, ours)
    dealer = service.caller(unit="dealer-17", scope="notifications:read notifications:write")
    body = {"purpose": "marketing", "channel": "email", "way": "phone"}
    assert (await dealer.post("/v1/permission-requests", json={**body, "customer_id": str(ours)})).status_code == 404
    assert (await dealer.post("/v1/permission-requests", json={**body, "customer_id": str(theirs)})).status_code == 201
    where = f"/v1/permission-requests/{made['id']}"
    assert (await dealer.get(where)).status_code == 404
    assert (await dealer.post(f"{where}/answer", json={"granted": False})).status_code == 404
    assert [one["customer_id"] for one in (await dealer.get("/v1/permission-requests")).json()["items"]] == [
        str(theirs)
    ]
