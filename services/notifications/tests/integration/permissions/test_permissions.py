"""What customers allow: said to us, reported by sources, in whatever order, over merged records."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from guanxi.events import Event
from guanxi.events.notifications import ConsentChanged
from guanxi.events.reports import ProfileReported, ProfileReportedCorrected, ProfileReportedVoided
from guanxi.testing.builders import a_customer, an_event
from guanxi.testing.harness import Harness

from ..people import a_profile, new_id

pytestmark = pytest.mark.asyncio


def said(state: str, at: str | None = None, **values: Any) -> dict[str, Any]:
    base = {"purpose": "service", "channel": "email", "state": state, "evidence": "form 7"}
    return {**base, **({"at": at} if at else {}), **values}


async def a_known(service: Harness, **values: Any) -> UUID:
    customer = new_id()
    await service.know(a_customer(customer, **values))
    return customer


async def state_of(service: Harness, customer: UUID, **caller: Any) -> dict[str, str]:
    found = await service.caller(**caller).get(f"/v1/customers/{customer}/permissions")
    assert found.status_code == 200, found.text
    return {f"{one['purpose']}/{one['channel']}": one["state"] for one in found.json()["permissions"]}


async def put(service: Harness, customer: UUID, *statements: dict[str, Any], **caller: Any) -> Any:
    address = f"/v1/customers/{customer}/permissions"
    return await service.caller(**caller).put(address, json={"permissions": statements})


def twin(kind: type[Any], event: Event[ProfileReported], *permissions: Any, sequence: int) -> Event[Any]:
    values = {**event.data.model_dump(mode="json"), "permissions": permissions}
    return an_event(kind.model_validate(values), aggregate=event.aggregateid, subject=event.subject, sequence=sequence)


async def test_nothing_said_is_nothing_allowed(service: Harness) -> None:
    assert await state_of(service, await a_known(service)) == {}


async def test_a_grant_with_evidence_holds_and_is_told(service: Harness) -> None:
    customer = await a_known(service)
    answer = await put(service, customer, said("granted", "2026-03-01T00:00:00Z"))
    (held,) = answer.json()["permissions"]
    assert (held["state"], held["evidence"], held["said_at"]) == ("granted", "form 7", "2026-03-01T00:00:00Z")
    (told,) = await service.published(ConsentChanged)
    assert (told.subject, told.sequence) == (customer, 1)
    assert (told.data.previous_state, told.data.state) == ("unknown", "granted")


@pytest.mark.parametrize("evidence", [None, "", "  ", "x"])
async def test_a_grant_without_evidence_is_refused(service: Harness, evidence: str | None) -> None:
    answer = await put(service, await a_known(service), said("granted", evidence=evidence))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("permissions[0]")


async def test_what_lies_in_the_future_is_refused(service: Harness) -> None:
    answer = await put(service, await a_known(service), said("granted", "2199-01-01T00:00:00Z"))
    assert answer.json()["errors"][0]["field"] == "permissions[0].at"


@pytest.mark.parametrize(
    "wrong", [{"purpose": "spam"}, {"state": "unknown"}, {"channel": "E Mail"}, {"extra": 1}, {"at": "yesterday"}]
)
async def test_what_is_no_statement_is_refused_by_field(service: Harness, wrong: dict[str, Any]) -> None:
    answer = await put(service, await a_known(service), {**said("denied"), **wrong})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == f"permissions[0].{next(iter(wrong))}"


async def test_repeating_a_statement_changes_nothing_and_tells_nobody(service: Harness) -> None:
    customer = await a_known(service)
    for _ in range(3):
        await put(service, customer, said("granted", "2026-03-01T00:00:00Z"))
    assert len(await service.published(ConsentChanged)) == 1


async def test_the_newest_statement_holds_whatever_the_order_in_which_reports_come(service: Harness) -> None:
    reports = [
        said("granted", "2026-01-01T00:00:00Z"),
        said("withdrawn", "2026-02-01T00:00:00Z"),
        said("granted", "2026-03-01T00:00:00Z"),
        said("denied", "2026-04-01T00:00:00Z"),
    ]
    for order in itertools.permutations(reports):
        customer = await a_known(service)
        for one in order:
            await service.apply(a_profile(customer, one))
        assert await state_of(service, customer) == {"service/email": "denied"}


async def test_at_the_same_moment_the_stricter_statement_holds(service: Harness) -> None:
    at = "2026-01-01T00:00:00Z"
    for order in (("granted", "denied"), ("denied", "granted")):
        customer = await a_known(service)
        await service.apply(*(a_profile(customer, said(state, at)) for state in order))
        assert await state_of(service, customer) == {"service/email": "denied"}


async def test_a_reported_grant_dated_ahead_does_not_outlast_a_later_withdrawal(service: Harness) -> None:
    customer = await a_known(service)
    await service.apply(a_profile(customer, said("granted", "2190-01-01T00:00:00Z")))
    await asyncio.sleep(0.01)
    await put(service, customer, said("withdrawn", evidence=None))
    assert await state_of(service, customer) == {"service/email": "withdrawn"}


async def test_a_late_report_still_changes_what_is_allowed(service: Harness) -> None:
    customer = await a_known(service)
    await service.apply(a_profile(customer, said("denied"), late=timedelta(days=400)))
    assert await state_of(service, customer) == {"service/email": "denied"}


async def test_a_later_profile_without_permissions_takes_nothing_back(service: Harness) -> None:
    customer = await a_known(service)
    first = a_profile(customer, said("granted"))
    await service.apply(first, a_profile(customer, sequence=2))
    assert await state_of(service, customer) == {"service/email": "granted"}


async def test_a_correction_takes_back_a_wrong_grant_in_either_order_and_leaves_refusals(service: Harness) -> None:
    for turned in (False, True):
        customer = await a_known(service)
        wrong = a_profile(customer, said("granted"), said("denied", purpose="survey"))
        right = twin(ProfileReportedCorrected, wrong, said("granted", channel="sms"), sequence=2)
        for event in (right, wrong) if turned else (wrong, right):
            await service.apply(event)
        held = await state_of(service, customer)
        assert held.pop("service/email", "unknown") == "unknown"
        assert held == {"survey/email": "denied", "service/sms": "granted"}


async def test_a_voided_profile_grants_nothing_in_either_order(service: Harness) -> None:
    for turned in (False, True):
        customer = await a_known(service)
        wrong = a_profile(customer, said("granted"))
        gone = ProfileReportedVoided(external_customer="A-1", source="dealer-17", unit="dealer-17")
        voided = an_event(gone, aggregate=wrong.aggregateid, subject=customer, sequence=2)
        for event in (voided, wrong) if turned else (wrong, voided):
            await service.apply(event)
        assert (await state_of(service, customer)).get("service/email", "unknown") == "unknown"
    assert [one.data.state for one in await service.published(ConsentChanged)] == ["granted", "unknown"]


async def test_each_change_of_a_batch_names_its_own_cause(service: Harness) -> None:
    wrong = [a_profile(await a_known(service), said("granted")) for _ in range(3)]
    await service.apply(*wrong)
    voided = []
    for n, one in enumerate(wrong):
        gone = ProfileReportedVoided(external_customer="A-1", source=f"dealer-{n}", unit=f"dealer-{n}")
        voided.append(an_event(gone, aggregate=one.aggregateid, subject=one.subject, sequence=2))
    await service.apply(*voided)
    told = [one for one in await service.published(ConsentChanged) if one.data.state == "unknown"]
    expected = {(one.subject, one.data.source, str(one.id)) for one in voided}
    assert {(one.subject, one.data.source, one.causationid) for one in told} == expected


async def test_over_merged_records_any_refusal_wins_for_readers_of_the_firm(service: Harness) -> None:
    survivor = await a_known(service)
    absorbed = await a_known(service, canonical_id=survivor, status="merged", unit="dealer-17")
    await put(service, survivor, said("granted"))
    await put(service, absorbed, said("withdrawn", "2026-01-01T00:00:00Z"))
    assert await state_of(service, survivor) == await state_of(service, absorbed) == {"service/email": "withdrawn"}


async def test_a_dealer_sees_and_changes_only_its_own_record(service: Harness) -> None:
    survivor = await a_known(service)
    mine = await a_known(service, canonical_id=survivor, status="merged", unit="dealer-17")
    await put(service, survivor, said("denied"))
    dealer = {"unit": "dealer-17", "scope": "notifications:read notifications:write"}
    assert (await put(service, mine, said("granted"), **dealer)).status_code == 200
    assert await state_of(service, mine, **dealer) == {"service/email": "granted"}
    assert (await put(service, survivor, said("granted"), **dealer)).status_code == 404
    caller = service.caller(**dealer)
    assert (await caller.get(f"/v1/customers/{survivor}/permissions")).status_code == 404


async def test_reading_needs_one_scope_and_writing_another(service: Harness) -> None:
    customer = await a_known(service)
    assert (await put(service, customer, said("granted"), scope="notifications:read")).status_code == 403
    caller = service.caller(scope="complaints:read")
    assert (await caller.get(f"/v1/customers/{customer}/permissions")).status_code == 403
    assert (await service.anonymous().get(f"/v1/customers/{customer}/permissions")).status_code == 401


async def test_an_unknown_customer_is_not_found_and_an_erased_one_is_gone(service: Harness) -> None:
    erased = await a_known(service, status="erased")
    assert (await put(service, erased, said("granted"))).status_code == 410
    old = UUID("01890000-0000-4000-8000-000000000000")
    assert (await put(service, old, said("granted"))).status_code == 404


async def test_reports_of_the_erased_are_dropped(service: Harness) -> None:
    erased = await a_known(service, status="erased")
    await service.apply(a_profile(erased, said("granted", evidence="張建國 signed")))
    async with service.database.api.read() as reader:
        assert await reader.fetchval("SELECT count(*) FROM permission_event") == 0


async def test_statements_at_the_same_time_leave_what_the_newest_one_says(service: Harness) -> None:
    customer = await a_known(service)
    days = [f"2026-01-{day:02}T00:00:00Z" for day in range(1, 17)]
    states = ["granted" if n % 2 else "denied" for n in range(len(days))]
    await asyncio.gather(
        *(put(service, customer, said(state, day)) for state, day in zip(states, days, strict=True)),
        *(service.apply(a_profile(customer, said("denied", "2026-01-10T12:00:00Z"))) for _ in range(4)),
    )
    assert await state_of(service, customer) == {"service/email": states[-1]}
    told = await service.published(ConsentChanged)
    assert [one.sequence for one in told] == sorted({one.sequence for one in told})
