"""How many of those who were asked answer."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from guanxi.testing import Harness, an_employee

from ..interviews.guides import GUIDE, card, made

pytestmark = pytest.mark.asyncio
GRADES = [{"item": "service", "obtained": 3}]


async def test_rates_are_told_by_channel_and_by_who_asked(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    asker = an_employee()
    await service.know(asker)
    await made(staff, card(lapse_days=7))
    by_hand: dict[str, Any] = {"channel": "visit", "handed_by": str(asker.aggregateid)}
    by_mail: dict[str, Any] = {"channel": "email"}
    body = {"customer_id": str(await customer()), "questionnaire": "after-delivery"}
    asked = [(await staff.post("/v1/invitations", json={**body, **way})).json() for way in (by_hand, by_hand, by_mail)]
    anybody = service.anonymous()
    for one, signed in zip(asked[:2], (True, False), strict=True):
        sent = {"code": one["code"], "grades": GRADES, "signed": signed}
        assert (await anybody.post("/v1/responses", json=sent)).status_code == 201
    run = (await staff.post("/v1/questionnaires/after-delivery/print-runs", json={"count": 4})).json()
    await anybody.post("/v1/responses", json={"code": run["codes"][0], "grades": GRADES})
    service.clock.move(8 * 86400)
    await service.work_off_due()
    report = (await staff.get("/v1/reports/participation")).json()
    assert report["total"] == {"invited": 3, "answered": 2, "lapsed": 1, "rate": 6667}
    assert report["by_channel"] == [
        {"channel": "visit", "invited": 2, "answered": 2, "lapsed": 0, "rate": 10_000},
        {"channel": "email", "invited": 1, "answered": 0, "lapsed": 1, "rate": 0},
    ]
    assert [(one["handed_by"], one["rate"]) for one in report["by_giver"]] == [
        (str(asker.aggregateid), 10_000),
        (None, 0),
    ]
    assert report["printed"] == [{"questionnaire": "after-delivery", "printed": 4, "answered": 1, "rate": 2500}]
    later = (await staff.get("/v1/reports/participation", params={"since": "2190-01-01T00:00:00Z"})).json()
    assert (later["total"]["rate"], later["by_channel"], later["printed"]) == (None, [], [])


async def test_interviewers_are_told_with_what_they_bring_home(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    interviewer = an_employee()
    await service.know(interviewer)
    await made(staff, GUIDE)
    body: dict[str, Any] = {"questionnaire": "kqi-2026", "interviewer": str(interviewer.aggregateid)}
    for answers, needs in (([{"item": "speed", "obtained": 3}], [{"what": "A call."}]), ([], [])):
        said = {"customer_id": str(await customer()), **body, "answers": answers, "needs": needs}
        assert (await staff.post("/v1/interviews", json=said)).status_code == 201
    report = (await staff.get("/v1/reports/participation", params={"questionnaire": "kqi-2026"})).json()
    assert report["interviewers"] == [
        {
            "employee_id": str(interviewer.aggregateid),
            "interviews": 2,
            "questions": 6,
            "answered": 1,
            "answer_rate": 1667,
            "needs": 1,
            "needs_per_hundred": 50,
            "opportunities": 0,
        }
    ]


async def test_the_report_is_no_dealers(dealer: httpx.AsyncClient) -> None:
    assert (await dealer.get("/v1/reports/participation")).status_code == 404
