"""From facts to who is leaving without a word, and to somebody who looks after them once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from guanxi.events import Event
from guanxi.events.interactions.listening import InvitationLapsed
from guanxi.events.relationships import CareTaskOpened, RelationshipAtRisk
from guanxi.events.scores import ScoreChanged
from guanxi.testing import Harness, a_customer, a_unit, an_employee, an_event
from scoring.scores import usecases

from ...unit.radar.simulated import HABIT, LEAVES, WATCHED, lives
from ..conftest import ZONE, MakeCustomer, a_broken_promise, a_contact, an_order, settle

pytestmark = pytest.mark.asyncio
DAY = 86_400


def _lapsed(subject: UUID, days_ago: float) -> Event[InvitationLapsed]:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    fact = InvitationLapsed(
        invitation_id=uuid4(),
        unit="head-office",
        questionnaire="card",
        questionnaire_version=1,
        channel="counter",
        invited_at=at - timedelta(days=14),
        lapses_at=at,
    )
    return an_event(fact, aggregate=fact.invitation_id, sequence=2, subject=subject, time=at, recorded=at)


def _monthly(subject: UUID, silent: float, **more: Any) -> list[Event[Any]]:
    return [an_order(subject, 100_000, days_ago=silent + 30 * n, **more) for n in range(8)]


async def _risks(service: Harness) -> list[tuple[UUID | None, str]]:
    return [(event.subject, event.data.risk) for event in await service.published(RelationshipAtRisk)]


async def test_who_leaves_in_silence_is_found_and_somebody_is_asked_to_care_once(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    owner = uuid4()
    one, calm = await customer(owner_id=owner), await customer()
    rival = a_contact(one, employee_id=owner, rival_named=True)
    await service.apply(*_monthly(one, 55), *_monthly(calm, 5), _lapsed(one, 20), _lapsed(one, 5), rival)
    await settle(service)
    await service.apply(rival, a_contact(one), a_contact(calm))
    await settle(service)
    assert await _risks(service) == [(one, "at_risk")]
    [task] = await service.published(CareTaskOpened)
    assert (task.subject, task.data.owner_id, task.data.cause) == (one, owner, "competitive")
    assert {"order_rhythm", "rival_named", "unanswered_invitations"} <= set(task.data.signals)
    [listed] = (await staff.get("/v1/customers/at-risk")).json()["items"]
    assert (listed["customer_id"], listed["care_task_id"]) == (str(one), str(task.data.task_id))
    shown = (await staff.get(f"/v1/customers/{one}/radar")).json()
    order = next(signal for signal in shown["signals"] if signal["code"] == "order_rhythm")
    assert (order["seen"], order["usual"]) == (55, 30)
    assert (shown["cause"]["code"], shown["care_task_id"]) == ("competitive", str(task.data.task_id))
    assert (await staff.get(f"/v1/customers/{calm}/radar")).json()["risk"] == "calm"


async def test_the_cause_of_leaving_is_what_spoke_loudest_and_says_what_can_be_done(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    wronged, courted, quiet = [await customer() for _ in range(3)]
    for one in (wronged, courted, quiet):
        await service.apply(*_monthly(one, 55), _lapsed(one, 20), _lapsed(one, 5))
    both = (a_contact(wronged, rival_named=True), *(a_broken_promise(wronged, hours_ago=n) for n in (1, 2)))
    await service.apply(*both, a_contact(courted, rival_named=True))
    await settle(service)
    found = {}
    for one in (wronged, courted, quiet):
        shown = (await staff.get(f"/v1/customers/{one}/radar")).json()
        found[one] = (shown["cause"]["code"], [measure["code"] for measure in shown["countermeasures"]])
    assert found == {
        wronged: ("fault", ["service", "quality", "emotional_investment"]),
        courted: ("competitive", ["price", "quality", "brand"]),
        quiet: ("natural", ["emotional_investment", "brand"]),
    }


async def test_silence_of_contacts_counts_as_far_as_their_source_has_told(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one, other = await customer(), await customer()

    async def contact_rhythm() -> dict[str, Any]:
        await settle(service)
        shown = (await staff.get(f"/v1/customers/{one}/radar")).json()
        return next(signal for signal in shown["signals"] if signal["code"] == "contact_rhythm")

    await service.apply(*(a_contact(one, days_ago=70 + 30 * n, source="dealer-17") for n in range(8)))
    found = await contact_rhythm()
    assert (found["points"], found["usual"]) == (0, 30), "nobody knows yet whether there was a contact since"
    await service.apply(a_contact(other, source="dealer-17"))
    service.clock.move(DAY)
    await usecases.sweep(service.database.consumers, ZONE)
    found = await contact_rhythm()
    assert (found["points"], found["usual"]) == (15, 30)
    assert found["seen"] >= 70
    await service.apply(a_contact(one, source="dealer-17"))
    assert (await contact_rhythm())["points"] == 0


async def test_cue_marks_of_the_front_line_count_up_to_their_limit(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    for marks, points in ((1, 5), (1, 10), (9, 15)):
        await service.apply(a_contact(one, cue_count=marks))
        await settle(service)
        shown = (await staff.get(f"/v1/customers/{one}/radar")).json()
        assert next(signal for signal in shown["signals"] if signal["code"] == "cue_marks")["points"] == points


async def test_who_comes_back_is_recovered_and_a_second_episode_has_a_task_of_its_own(
    service: Harness, customer: MakeCustomer
) -> None:
    one = await customer()
    await service.apply(*_monthly(one, 60))
    # Old news alone asks nobody: the night does.
    await settle(service)
    assert await _risks(service) == [(one, "at_risk")]
    assert await service.published(CareTaskOpened) == []
    service.clock.move(DAY)
    await usecases.sweep(service.database.consumers, ZONE)
    await settle(service)
    assert len(await service.published(CareTaskOpened)) == 1
    await service.apply(an_order(one, 100_000, days_ago=0))
    await settle(service)
    assert (await _risks(service))[-1] == (one, "recovered")
    for _ in range(2):
        service.clock.move(100 * DAY)
        await usecases.sweep(service.database.consumers, ZONE)
        await settle(service)
    assert [risk for _, risk in await _risks(service)] == ["at_risk", "recovered", "at_risk", "lost"]
    assert len(await service.published(CareTaskOpened)) == 2


async def test_a_customer_who_is_absorbed_at_risk_brings_its_task_along(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one, other = await customer(), await customer()
    await service.apply(*_monthly(one, 55), a_contact(one))
    await settle(service)
    [task] = await service.published(CareTaskOpened)
    await service.apply(a_customer(one, sequence=2, canonical_id=other, status="merged"))
    await settle(service)
    [listed] = (await staff.get("/v1/customers/at-risk")).json()["items"]
    assert (listed["customer_id"], listed["care_task_id"]) == (str(other), str(task.data.task_id))
    await service.apply(a_customer(one, sequence=3, canonical_id=one, status="active"))
    await settle(service)
    [listed] = (await staff.get("/v1/customers/at-risk")).json()["items"]
    assert listed["customer_id"] == str(one)
    assert len(await service.published(CareTaskOpened)) == 1


async def test_who_leaves_again_after_a_merge_has_a_task_of_its_own(service: Harness, customer: MakeCustomer) -> None:
    one, other = await customer(), await customer()
    await service.apply(*_monthly(one, 60), a_contact(one))
    await settle(service)
    await service.apply(a_customer(one, sequence=2, canonical_id=other, status="merged"))
    await settle(service)
    await service.apply(an_order(other, 100_000, days_ago=0))
    await settle(service)
    assert len(await service.published(CareTaskOpened)) == 1
    service.clock.move(100 * DAY)
    await usecases.sweep(service.database.consumers, ZONE)
    await settle(service)
    risks = [risk for who, risk in await _risks(service) if who == other]
    assert "recovered" in risks
    assert risks[-1] == "at_risk"
    first, second = await service.published(CareTaskOpened)
    assert (first.subject, second.subject) == (one, other)


async def test_a_care_task_is_a_matter_of_the_firm_and_no_dealers(service: Harness, customer: MakeCustomer) -> None:
    seller, trader = an_employee(unit="sales"), an_employee(unit="dealer-17")
    await service.apply(a_unit("sales"), a_unit("service-desk"), a_unit("dealer-17", internal=False), seller, trader)
    placed = {
        await customer(unit="dealer-17", owner_id=seller.aggregateid): ("sales", seller.aggregateid),
        await customer(unit="dealer-17", owner_id=trader.aggregateid): ("head-office", None),
        await customer(unit="dealer-17"): ("head-office", None),
        await customer(unit="service-desk"): ("service-desk", None),
    }
    for one in placed:
        await service.apply(*_monthly(one, 55), a_contact(one))
    merged = await customer(unit="dealer-17")
    desk = await customer(unit="service-desk", canonical_id=merged, status="merged")
    placed[merged] = ("service-desk", None)
    await service.apply(*_monthly(desk, 55), a_contact(merged))
    await settle(service)
    tasks = await service.published(CareTaskOpened)
    assert {task.subject: (task.data.unit, task.data.owner_id) for task in tasks} == placed


async def test_the_radar_leaves_nobody_out(service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient) -> None:
    silent, calm, new = await customer(), await customer(), await customer()
    await service.apply(*_monthly(silent, 55), *_monthly(calm, 5), an_order(new, 100_000, days_ago=300))
    await settle(service)
    radar = (await staff.get("/v1/radar")).json()
    assert (radar["customers"], radar["without_rhythm"]) == (3, 1)
    assert {one["risk"]: one["customers"] for one in radar["items"] if one["customers"]} == {"calm": 2, "at_risk": 1}
    without = (await staff.get("/v1/customers/at-risk?risk=calm&rhythm=false")).json()["items"]
    assert [one["customer_id"] for one in without] == [str(new)]
    first = (await staff.get("/v1/customers/at-risk?risk=calm&limit=1")).json()
    second = (await staff.get(f"/v1/customers/at-risk?risk=calm&limit=1&cursor={first['next']}")).json()
    assert {page["items"][0]["customer_id"] for page in (first, second)} == {str(calm), str(new)}


async def test_the_radar_of_a_day_knows_only_what_was_known_then(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    await service.apply(*_monthly(one, 55))
    now = service.clock.now()
    day = (now - timedelta(days=40)).astimezone(ZONE).date()
    assert (await staff.get(f"/v1/customers/{one}/radar?as_of={day}")).json()["risk"] == "calm"
    known = (now - timedelta(days=150)).isoformat().replace("+00:00", "Z")
    shown = (await staff.get(f"/v1/customers/{one}/radar", params={"known_at": known})).json()
    assert next(each["seen"] for each in shown["signals"] if each["code"] == "order_rhythm") == 175


async def test_a_single_tie_is_named_with_its_share(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, dealer: httpx.AsyncClient
) -> None:
    one, li, zhou = await customer(unit="dealer-17"), uuid4(), uuid4()
    await service.apply(*(a_contact(one, days_ago=n, employee_id=li) for n in range(4)))
    await service.apply(a_contact(one, employee_id=zhou), a_contact(one, days_ago=500, employee_id=zhou))
    ties = (await staff.get(f"/v1/customers/{one}/ties")).json()
    assert (ties["single_tie"], ties["contacts"]) == (str(li), 5)
    assert [(tie["employee_id"], tie["share_bp"]) for tie in ties["items"]] == [(str(li), 8000), (str(zhou), 2000)]
    for path in (f"/v1/customers/{one}/ties", f"/v1/customers/{one}/radar", "/v1/radar", "/v1/customers/at-risk"):
        assert (await dealer.get(path)).status_code == 404


async def test_planted_leavers_are_found_in_time_and_few_others_are_alarmed(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    """Through facts, scorer and door: recall of at least 0.8 before they are plainly lost, 5 % false alarms at most."""
    count, everybody = 20, []
    for number, life in enumerate(lives(7, count)):
        one = await customer()
        everybody.append((one, life))
        await service.apply(*(an_order(one, 100_000, days_ago=WATCHED - day + 0.5) for day in life.orders))
        assert life.leaver == (number % LEAVES == 0)
    await settle(service)

    async def alarmed(one: UUID, day: int) -> bool:
        on = (service.clock.now() - timedelta(days=WATCHED - day + 0.5)).astimezone(ZONE).date()
        found = (await staff.get(f"/v1/customers/{one}/radar?as_of={on}")).json()
        return found["risk"] in ("at_risk", "lost")

    leavers = [(one, life) for one, life in everybody if life.leaver]
    found = [await alarmed(one, life.plainly_lost - 1) for one, life in leavers]
    assert sum(found) / len(found) >= 0.8
    # An alarm lasts until the next order, so that looking on the last day of each gap sees every one of them.
    false = 0
    for one, life in everybody:
        if not life.leaver:
            days = [day - 1 for day in life.orders if day > HABIT]
            false += any([await alarmed(one, day) for day in days])
    assert false / (count - len(leavers)) <= 0.05
    told = {event.subject for event in await service.published(RelationshipAtRisk)}
    assert told >= {one for one, _ in leavers}
    assert await service.published(ScoreChanged)
