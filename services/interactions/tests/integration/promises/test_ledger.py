"""What becomes of promises."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from guanxi.events import Event
from guanxi.events.interactions import (
    PromiseBroken,
    PromiseBrokenVoided,
    PromiseDueSoon,
    PromiseKept,
    PromiseKeptVoided,
    PromiseMade,
    PromiseRenegotiated,
    PromiseWithdrawn,
)
from guanxi.testing import Harness, an_employee

pytestmark = pytest.mark.asyncio
HOUR = 3600


def hours(count: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=count)).isoformat()


@pytest.fixture
def promise(staff: httpx.AsyncClient, customer: Any) -> Any:
    """Make a promise: gives it as read."""

    async def make(
        due: float = 1, client: httpx.AsyncClient = staff, unit: str = "head-office", **values: Any
    ) -> dict[str, Any]:
        contact = {
            "channel": "visit",
            "direction": "out",
            "promises": [{"what": "stands", "due_at": hours(due), **values}],
        }
        made = await client.post("/v1/interactions", json={"customer_id": str(await customer(unit=unit)), **contact})
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()["promises"][0]
        return found

    return make


async def test_a_promise_that_nobody_settles_is_broken_at_its_moment(
    staff: httpx.AsyncClient, service: Harness, promise: Any
) -> None:
    made = await promise()
    assert await service.work_off_due() == 0
    service.clock.move(2 * HOUR)
    assert await service.work_off_due() == 2
    assert await service.published(PromiseDueSoon) == []
    read = (await staff.get(f"/v1/promises/{made['id']}")).json()
    assert (read["status"], read["settled_by"], read["settled_at"]) == ("broken", "due", read["due_at"])
    (event,) = await service.published(PromiseBroken)
    assert (event.time, event.data.broken_at, event.sequence) == (event.data.due_at, event.data.due_at, 2)
    assert await service.work_off_due() == 0
    shown = (await staff.get(f"/v1/customers/{made['customer_id']}/timeline?kind=promise")).json()["items"]
    assert [one["summary"]["status"] for one in shown] == ["broken"]


@pytest.mark.parametrize(("due", "told_at"), [(10, 5), (100, 76)])
async def test_the_promiser_is_reminded_once_before_the_moment(
    staff: httpx.AsyncClient, service: Harness, promise: Any, due: float, told_at: float
) -> None:
    seller = an_employee(name="李明")
    await service.know(seller)
    made = await promise(due=due, promiser=str(seller.aggregateid))
    service.clock.move((told_at - 0.1) * HOUR)
    assert await service.work_off_due() == 0
    service.clock.move(0.2 * HOUR)
    assert await service.work_off_due() == 1
    (event,) = await service.published(PromiseDueSoon)
    assert (str(event.aggregateid), event.sequence, event.historic) == (made["id"], 2, False)
    assert (event.data.promiser_id, event.data.fulfilling_unit) == (seller.aggregateid, "head-office")
    assert event.data.due_at == datetime.fromisoformat(made["due_at"])
    read = (await staff.get(f"/v1/promises/{made['id']}")).json()
    assert (read["status"], read["version"], bool(read["reminded_at"])) == ("open", 2, True)
    service.clock.move(due * HOUR)
    await service.work_off_due()
    (broken,) = await service.published(PromiseBroken)
    assert (broken.sequence, len(await service.published(PromiseDueSoon))) == (3, 1)


@pytest.mark.parametrize("outcome", ["kept", "broken", "withdrawn", "renegotiated"])
async def test_nobody_is_reminded_of_what_is_settled(
    staff: httpx.AsyncClient, service: Harness, promise: Any, outcome: str
) -> None:
    made = await promise(due=10)
    new = {"new_due_at": hours(100)} if outcome == "renegotiated" else {}
    settled = await staff.post(f"/v1/promises/{made['id']}/outcome", json={"outcome": outcome, **new})
    assert settled.status_code == 201
    service.clock.move(6 * HOUR)
    await service.work_off_due()
    assert await service.published(PromiseDueSoon) == []
    service.clock.move(72 * HOUR)
    await service.work_off_due()
    told = [str(event.aggregateid) for event in await service.published(PromiseDueSoon)]
    assert told == [settled.json()["replaced_by"]] * bool(new)


@pytest.mark.parametrize(
    ("outcome", "fact"), [("kept", PromiseKept), ("broken", PromiseBroken), ("withdrawn", PromiseWithdrawn)]
)
async def test_an_outcome_is_final(
    staff: httpx.AsyncClient, service: Harness, promise: Any, outcome: str, fact: Any
) -> None:
    made = await promise()
    path = f"/v1/promises/{made['id']}"
    body = {"outcome": outcome, "reason": "supplier-late", "note": "the truck broke down"}
    settled = await staff.post(f"{path}/outcome", json=body)
    assert settled.status_code == 201, settled.text
    assert (settled.json()["status"], settled.json()["settled_by"]) == (outcome, "tester")
    assert (await staff.get(path)).json() == settled.json()
    for again in ("kept", "broken", "withdrawn"):
        answer = await staff.post(f"{path}/outcome", json={"outcome": again})
        assert (answer.status_code, answer.json()["code"]) == (409, "promise-settled")
    service.clock.move(2 * HOUR)
    await service.work_off_due()
    told: list[Event[Any]] = await service.published(PromiseKept, PromiseBroken, PromiseWithdrawn, PromiseRenegotiated)
    assert [type(event.data) for event in told] == [fact]
    assert told[0].data.promise_id == told[0].aggregateid
    assert "truck" not in told[0].to_json().decode()


async def test_a_renegotiated_promise_opens_another(staff: httpx.AsyncClient, service: Harness, promise: Any) -> None:
    made = await promise()
    path = f"/v1/promises/{made['id']}"
    new_due = hours(10)
    answer = await staff.post(f"{path}/outcome", json={"outcome": "renegotiated", "new_due_at": new_due})
    assert answer.status_code == 201, answer.text
    other = (await staff.get(f"/v1/promises/{answer.json()['replaced_by']}")).json()
    assert (other["status"], other["what"], other["replaces"]) == ("open", "stands", made["id"])
    assert datetime.fromisoformat(other["due_at"]) == datetime.fromisoformat(new_due)
    (event,) = await service.published(PromiseRenegotiated)
    assert str(event.data.new_promise_id) == other["id"]
    assert len(await service.published(PromiseMade)) == 2
    read = (await staff.get(f"/v1/interactions/{made['contact_id']}")).json()
    assert {one["status"] for one in read["promises"]} == {"renegotiated", "open"}
    service.clock.move(11 * HOUR)
    await service.work_off_due()
    (broken,) = await service.published(PromiseBroken)
    assert str(broken.data.promise_id) == other["id"]


async def test_what_was_kept_in_time_and_entered_the_next_morning_is_not_broken(
    staff: httpx.AsyncClient, service: Harness, promise: Any
) -> None:
    made = await promise()
    path = f"/v1/promises/{made['id']}"
    service.clock.move(2 * HOUR)
    await service.work_off_due()
    service.clock.move(16 * HOUR)
    right = {"outcome": "kept", "at": hours(0.5), "note": "brought by hand"}
    assert (await staff.patch(f"{path}/outcome", json=right)).status_code == 428
    answer = await staff.patch(f"{path}/outcome", json=right, headers={"If-Match": '"2"'})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"4"')
    assert (answer.json()["status"], answer.json()["settled_by"]) == ("kept", "tester")
    assert (await staff.get(path)).json() == answer.json()
    told: list[Event[Any]] = await service.published(PromiseBroken, PromiseBrokenVoided, PromiseKept)
    assert [(type(event.data), event.sequence) for event in told] == [
        (PromiseBroken, 2),
        (PromiseBrokenVoided, 3),
        (PromiseKept, 4),
    ]
    assert told[-1].data.kept_at < told[-1].data.due_at
    stale = await staff.patch(f"{path}/outcome", json=right, headers={"If-Match": '"2"'})
    assert stale.status_code == 412
    shown = (await staff.get(f"/v1/customers/{made['customer_id']}/timeline?kind=promise")).json()["items"]
    assert [one["summary"]["status"] for one in shown] == ["kept"]


@pytest.mark.parametrize(
    ("said", "right", "facts"),
    [
        ("kept", "broken", [PromiseKept, PromiseKeptVoided, PromiseBroken]),
        ("kept", "kept", [PromiseKept, PromiseKeptVoided, PromiseKept]),
        ("broken", "withdrawn", [PromiseBroken, PromiseBrokenVoided, PromiseWithdrawn]),
        ("broken", "renegotiated", [PromiseBroken, PromiseBrokenVoided, PromiseRenegotiated]),
    ],
)
async def test_a_wrong_outcome_is_replaced_by_the_right_one(
    staff: httpx.AsyncClient, service: Harness, promise: Any, said: str, right: str, facts: list[Any]
) -> None:
    path = f"/v1/promises/{(await promise(due=10))['id']}"
    await staff.post(f"{path}/outcome", json={"outcome": said, "reason": "mistaken"})
    new = {"new_due_at": hours(100)} if right == "renegotiated" else {}
    answer = await staff.patch(f"{path}/outcome", json={"outcome": right, **new}, headers={"If-Match": '"2"'})
    assert (answer.status_code, answer.json()["status"], answer.json()["reason"]) == (200, right, None)
    assert bool(answer.json()["replaced_by"]) == bool(new)
    kinds = (PromiseKept, PromiseKeptVoided, PromiseBroken, PromiseBrokenVoided, PromiseWithdrawn, PromiseRenegotiated)
    told: list[Event[Any]] = await service.published(*kinds)
    assert [type(event.data) for event in told] == facts
    assert [event.sequence for event in told] == [2, 3, 4]


@pytest.mark.parametrize("outcome", ["withdrawn", "renegotiated", None])
async def test_only_kept_and_broken_can_be_put_right(
    staff: httpx.AsyncClient, promise: Any, outcome: str | None
) -> None:
    path = f"/v1/promises/{(await promise())['id']}"
    if outcome:
        await staff.post(f"{path}/outcome", json={"outcome": outcome, "new_due_at": hours(100)})
    before = await staff.get(path)
    tag = {"If-Match": before.headers["ETag"]}
    answer = await staff.patch(f"{path}/outcome", json={"outcome": "kept"}, headers=tag)
    assert (answer.status_code, answer.json()["code"]) == (409, "outcome-final")
    assert (await staff.post(f"{path}/outcome/voiding", json={})).json()["code"] == "outcome-final"
    assert (await staff.get(path)).json() == before.json()


async def test_an_outcome_that_was_none_leaves_the_promise_open_again(
    staff: httpx.AsyncClient, service: Harness, promise: Any
) -> None:
    path = f"/v1/promises/{(await promise(due=10))['id']}"
    await staff.post(f"{path}/outcome", json={"outcome": "kept"})
    answer = await staff.post(f"{path}/outcome/voiding", json={"reason": "another-promise"})
    assert (answer.status_code, answer.json()["status"], answer.json()["settled_at"]) == (201, "open", None)
    (event,) = await service.published(PromiseKeptVoided)
    assert event.sequence == 3
    service.clock.move(6 * HOUR)
    await service.work_off_due()
    assert len(await service.published(PromiseDueSoon)) == 1
    service.clock.move(5 * HOUR)
    await service.work_off_due()
    assert len(await service.published(PromiseBroken)) == 1
    late = await staff.post(f"{path}/outcome/voiding", json={})
    assert (late.status_code, late.json()["code"]) == (409, "promise-due")


@pytest.mark.parametrize("round_", range(5))
async def test_of_an_outcome_taken_back_and_the_moment_itself_both_come_to_pass(
    staff: httpx.AsyncClient, service: Harness, promise: Any, round_: int
) -> None:
    path = f"/v1/promises/{(await promise(due=1))['id']}"
    await staff.post(f"{path}/outcome", json={"outcome": "broken"})
    service.clock.move(2 * HOUR)
    answer, _ = await asyncio.gather(
        staff.patch(f"{path}/outcome", json={"outcome": "kept"}, headers={"If-Match": '"2"'}), service.work_off_due()
    )
    await service.work_off_due()
    assert (answer.status_code, (await staff.get(path)).json()["status"]) == (200, "kept")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"outcome": "forgotten"}, "outcome"),
        ({"outcome": "kept", "at": "2190-01-01T00:00:00Z"}, "at"),
        ({"outcome": "kept", "at": "2020-01-01T00:00:00Z"}, "at"),
        ({"outcome": "renegotiated"}, "new_due_at"),
        ({"outcome": "renegotiated", "new_due_at": "2020-01-01T00:00:00Z"}, "new_due_at"),
        ({"outcome": "kept", "status": "kept"}, "status"),
    ],
)
async def test_a_wrong_outcome_changes_nothing(
    staff: httpx.AsyncClient, service: Harness, promise: Any, body: dict[str, Any], field: str
) -> None:
    made = await promise()
    answer = await staff.post(f"/v1/promises/{made['id']}/outcome", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert (await staff.get(f"/v1/promises/{made['id']}")).json() == made
    assert len(await service.published(PromiseMade)) == 1


async def test_a_repeated_outcome_has_one_effect(staff: httpx.AsyncClient, service: Harness, promise: Any) -> None:
    made = await promise()
    path, key = f"/v1/promises/{made['id']}/outcome", {"Idempotency-Key": "once"}
    first = await staff.post(path, json={"outcome": "kept"}, headers=key)
    again = await staff.post(path, json={"outcome": "kept"}, headers=key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json() == first.json()
    assert len(await service.published(PromiseKept)) == 1


@pytest.mark.parametrize("round_", range(10))
async def test_of_an_outcome_and_the_moment_itself_one_wins(
    staff: httpx.AsyncClient, service: Harness, promise: Any, round_: int
) -> None:
    made = await promise()
    service.clock.move(2 * HOUR)
    path = f"/v1/promises/{made['id']}/outcome"
    answer, worked = await asyncio.gather(staff.post(path, json={"outcome": "kept"}), service.work_off_due())
    assert worked == 2
    status = (await staff.get(f"/v1/promises/{made['id']}")).json()["status"]
    assert (answer.status_code, status) in ((201, "kept"), (409, "broken"))
    told: list[Event[Any]] = await service.published(PromiseKept, PromiseBroken)
    assert len(told) == 1


async def test_lists_show_who_promised_what_by_when(staff: httpx.AsyncClient, service: Harness, promise: Any) -> None:
    seller = an_employee(name="李明")
    await service.know(seller)
    late = await promise(due=5, promiser=str(seller.aggregateid))
    soon = await promise(due=1, promiser=str(seller.aggregateid))
    other = await promise(due=3)
    listed = (await staff.get("/v1/promises")).json()["items"]
    assert [one["id"] for one in listed] == [soon["id"], other["id"], late["id"]]
    mine = (await staff.get(f"/v1/employees/{seller.aggregateid}/promises")).json()["items"]
    assert [one["id"] for one in mine] == [soon["id"], late["id"]]
    before = (await staff.get("/v1/promises", params={"due_before": hours(2)})).json()["items"]
    assert [one["id"] for one in before] == [soon["id"]]
    await staff.post(f"/v1/promises/{soon['id']}/outcome", json={"outcome": "kept"})
    still = (await staff.get("/v1/promises?status=open&limit=1")).json()
    assert [one["id"] for one in still["items"]] == [other["id"]]
    assert still["next"]
    of_one = (await staff.get("/v1/promises", params={"customer_id": late["customer_id"]})).json()["items"]
    assert [one["id"] for one in of_one] == [late["id"]]


async def test_an_external_unit_settles_only_its_own(
    staff: httpx.AsyncClient, dealer: httpx.AsyncClient, promise: Any
) -> None:
    ours, own = await promise(), await promise(client=dealer, unit="dealer-17")
    assert (await dealer.get(f"/v1/promises/{ours['id']}")).status_code == 404
    assert (await dealer.post(f"/v1/promises/{ours['id']}/outcome", json={"outcome": "kept"})).status_code == 404
    tag = {"If-Match": '"1"'}
    path = f"/v1/promises/{ours['id']}/outcome"
    assert (await dealer.patch(path, json={"outcome": "kept"}, headers=tag)).status_code == 404
    assert (await dealer.post(f"{path}/voiding", json={})).status_code == 404
    assert [one["id"] for one in (await dealer.get("/v1/promises")).json()["items"]] == [own["id"]]
    assert (await dealer.post(f"/v1/promises/{own['id']}/outcome", json={"outcome": "kept"})).status_code == 201


async def test_history_told_by_hand_schedules_nothing(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    body = {
        "customer_id": str(await customer()),
        "channel": "visit",
        "direction": "out",
        "occurred_at": hours(-100),
        "promises": [{"what": "past", "due_at": hours(-90)}, {"what": "ahead", "due_at": hours(90)}],
    }
    made = (await staff.post("/v1/interactions", json=body)).json()
    assert [one["status"] for one in made["promises"]] == ["historic", "open"]
    assert await service.work_off_due() == 0
    service.clock.move(91 * HOUR)
    assert await service.work_off_due() == 2
    (broken,) = await service.published(PromiseBroken)
    assert str(broken.data.promise_id) == made["promises"][1]["id"]
