from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from complaints.improvements import rules, usecases
from complaints.problems import store as problem_store
from complaints.problems import usecases as problem_usecases
from guanxi.events.improvements import ComplaintImproved, ImprovementPublished, ProblemRecognised
from guanxi.testing import Harness, a_customer

from ..entitlements.story import Story, day

pytestmark = pytest.mark.asyncio
_STAND = "STAND-40"
_TITLES = [{"language": "zh-Hans", "words": "展架现货"}, {"language": "en", "words": "Stands in stock"}]


@pytest_asyncio.fixture(loop_scope="session")
async def story(service: Harness) -> Story:
    return Story(service)


async def complains(story: Story, customer: UUID | None = None, sku: str | None = _STAND, **more: Any) -> str:
    body = {"channel": "phone", "cause": "neglect", "sku": sku, "customer_id": str(customer) if customer else None}
    answer = await story.office.post("/v1/complaints", json={**body, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def problems(story: Story, **filters: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await story.office.get("/v1/problems", params=filters)).json()["items"]
    return found


async def step(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body or None)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def published(story: Story, **body: Any) -> dict[str, Any]:
    proposer = story.person("proposer")
    body = {"titles": _TITLES, "effective_on": day(0).isoformat(), **body}
    made = await step(proposer, "/v1/improvements", **body)
    await step(story.office, f"/v1/improvements/{made['id']}/approval")
    return await step(story.office, f"/v1/improvements/{made['id']}/publication")


async def test_five_who_complain_of_late_stands_are_answered_by_one_improvement(story: Story) -> None:
    customers = [await story.customer() for _ in range(4)]
    filed = [await complains(story, one) for one in customers]
    await complains(story)
    await complains(story, customers[0], cause="price")
    await complains(story, customers[0], sku="OTHER")
    (problem,) = await problems(story)
    assert (problem["cause"], problem["sku"], problem["status"]) == ("neglect", _STAND, "suspected")
    assert (problem["complaints"], problem["complainants"], problem["since"]) == (5, 5, day(0).isoformat())

    path = f"/v1/problems/{problem['id']}"
    assert (await step(story.office, f"{path}/recognition"))["status"] == "recognised"
    solved = await step(story.office, f"{path}/solution", text="Send new ones by express.", remedy="exchange")
    assert (solved["status"], solved["remedy"]) == ("solution_decided", "exchange")
    (told,) = await story.service.published(ProblemRecognised)
    assert (told.subject, told.data.complaints, told.data.sku) == (None, 5, _STAND)
    (shown,) = await problems(story, cause="neglect", sku=_STAND)
    assert shown["solution"] == "Send new ones by express."
    of_ticket = (await story.office.get(f"/v1/complaints/{filed[0]}")).json()["solution"]
    assert (of_ticket["problem_id"], of_ticket["remedy"]) == (problem["id"], "exchange")

    made = await published(story, source="problem", problem_id=problem["id"])
    assert (made["complainants"], made["anonymous"], made["cause"], made["sku"]) == (4, 1, "neglect", _STAND)
    assert await story.service.work_off_due() >= 1
    first, *_ = await story.service.published(ImprovementPublished, ComplaintImproved)
    assert isinstance(first.data, ImprovementPublished)
    pairs = await story.service.published(ComplaintImproved)
    assert {(str(one.data.complaint_id), one.subject) for one in pairs} == set(zip(filed, customers, strict=True))
    assert {one.sequence for one in pairs} == {1}
    assert len({one.aggregateid for one in pairs}) == 4
    assert [title.words for title in pairs[0].data.titles] == ["展架现货", "Stands in stock"]
    (after,) = await problems(story)
    assert after["status"] == "improved"

    (public,) = (await story.service.anonymous().get("/v1/public/improvements")).json()["items"]
    assert (public["id"], public["titles"], public["effective_on"]) == (made["id"], _TITLES, day(0).isoformat())
    assert set(public) == {"id", "titles", "effective_on", "published_at"}


async def test_the_uniform_solution_stands_at_each_complaint_of_its_cause_and_article_for_us_alone(
    story: Story,
) -> None:
    for _ in range(3):
        await complains(story)
    (problem,) = await problems(story)
    await step(story.office, f"/v1/problems/{problem['id']}/recognition")
    await step(story.office, f"/v1/problems/{problem['id']}/solution", text="Send new ones.")
    dealer = story.person("dealer", unit="dealer-17")
    mine = await dealer.post("/v1/complaints", json={"channel": "dealer", "cause": "neglect", "sku": _STAND})
    other = await complains(story, sku="OTHER")
    path = f"/v1/complaints/{mine.json()['id']}"
    assert (await story.office.get(path)).json()["solution"]["text"] == "Send new ones."
    assert (await dealer.get(path)).json()["solution"] is None
    assert (await story.office.get(f"/v1/complaints/{other}")).json()["solution"] is None


async def test_who_complains_before_it_is_effective_joins_and_who_complains_later_makes_a_new_problem(
    story: Story,
) -> None:
    first = [await complains(story, await story.customer()) for _ in range(3)]
    (problem,) = await problems(story)
    await step(story.office, f"/v1/problems/{problem['id']}/recognition")
    await published(story, source="problem", problem_id=problem["id"], effective_on=day(-3).isoformat())
    await story.service.work_off_due()
    story.service.clock.move(24 * 3600)
    joined = await complains(story, await story.customer())
    story.service.clock.move(3 * 24 * 3600)
    await story.service.work_off_due()
    later = [await complains(story, await story.customer()) for _ in range(3)]
    await story.service.work_off_due()
    told = [str(event.data.complaint_id) for event in await story.service.published(ComplaintImproved)]
    assert sorted(told) == sorted([*first, joined])
    found = await problems(story)
    assert [(one["status"], one["complainants"]) for one in found] == [("suspected", len(later)), ("improved", 3)]


async def test_each_complaint_is_told_once_however_often_it_is_looked(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecases, "CHUNK", 2)
    customers = [await story.customer() for _ in range(5)]
    for one in customers:
        await complains(story, one)
    gone = await story.customer()
    await complains(story, gone)
    await story.service.erase(gone)
    made = await published(story, source="suggestion", cause="neglect", sku=_STAND)
    assert (made["complainants"], made["anonymous"]) == (5, 1)
    assert await story.service.work_off_due() >= 3
    async with story.service.database.api.begin() as tx:
        await usecases.on_due(tx, UUID(made["id"]), tx.now)
    subjects = [event.subject for event in await story.service.published(ComplaintImproved)]
    assert sorted(map(str, subjects)) == sorted(map(str, customers))


async def test_what_was_filed_before_and_is_learned_late_is_answered(story: Story) -> None:
    await complains(story, await story.customer())
    await published(story, source="suggestion", cause="neglect", sku=_STAND)
    await story.service.work_off_due()
    late = await complains(story, await story.customer())
    async with story.service.database.api.begin() as tx:
        await tx.execute("UPDATE complaint SET filed_at = filed_at - interval '1 hour' WHERE id = $1", UUID(late))
    story.service.clock.move(24 * 3600 + 60)
    await story.service.work_off_due()
    told = [str(event.data.complaint_id) for event in await story.service.published(ComplaintImproved)]
    assert told.count(late) == 1
    story.service.clock.move(24 * 3600)
    await story.service.work_off_due()
    assert len(await story.service.published(ComplaintImproved)) == len(told) == 2
    story.service.clock.move(rules.LATE.total_seconds())
    await story.service.work_off_due()
    async with story.service.database.api.read() as reader:
        assert await reader.fetchval("SELECT count(*) FROM due WHERE kind = $1", usecases.DUE) == 0


async def test_what_is_improved_while_it_is_counted_is_not_suspected_again(story: Story) -> None:
    for _ in range(3):
        await complains(story)
    (problem,) = await problems(story)
    await step(story.office, f"/v1/problems/{problem['id']}/recognition")
    async with story.service.database.api.begin() as tx:
        heaps = await problem_store.heaps(tx, tx.now - timedelta(days=30), 3)
    await published(story, source="problem", problem_id=problem["id"])
    async with story.service.database.api.begin() as tx:
        known = await problem_usecases.find(tx, UUID(problem["id"]))
        counted = replace(known, id=tx.new_id(), status="suspected", improved_from=None)
        await problem_store.suspect(tx, [(counted, heaps[0].first)])
    assert [one["status"] for one in await problems(story)] == ["improved"]


async def test_a_second_improvement_of_a_problem_leaves_its_first_moment(story: Story) -> None:
    for _ in range(3):
        await complains(story)
    (problem,) = await problems(story)
    await step(story.office, f"/v1/problems/{problem['id']}/recognition")
    await published(story, source="problem", problem_id=problem["id"])
    async with story.service.database.api.begin() as tx:
        first = await problem_usecases.find(tx, UUID(problem["id"]))
    story.service.clock.move(24 * 3600)
    await published(story, source="problem", problem_id=problem["id"], effective_on=day(-9).isoformat())
    async with story.service.database.api.begin() as tx:
        second = await problem_usecases.find(tx, UUID(problem["id"]))
    assert second.improved_from == first.improved_from is not None


async def test_merged_customers_are_one_complainant(story: Story) -> None:
    survivor = a_customer()
    absorbed = a_customer(canonical_id=survivor.data.id, status="merged")
    await story.service.know(survivor, absorbed)
    await complains(story, survivor.data.id)
    await complains(story, absorbed.data.id)
    await complains(story)
    assert await problems(story) == []
    await complains(story)
    (found,) = await problems(story)
    assert (found["complainants"], found["complaints"]) == (3, 4)


async def test_a_proposal_is_changed_until_another_has_approved_it(story: Story) -> None:
    lead, staff = await story.employee("lead", "lead"), await story.employee("staff", "staff")
    body = {"source": "review", "titles": _TITLES, "effective_on": "2027-01-01", "cost_minor": 100, "currency": "CNY"}
    made = await step(lead, "/v1/improvements", **body)
    path = f"/v1/improvements/{made['id']}"
    assert (await lead.patch(path, json={"effective_on": "2027-02-01"})).status_code == 428
    changed = await lead.patch(path, json={"effective_on": "2027-02-01"}, headers={"If-Match": '"1"'})
    assert (changed.json()["effective_on"], changed.headers["etag"]) == ("2027-02-01", '"2"')
    assert (await lead.patch(path, json={"indicator": "x"}, headers={"If-Match": '"1"'})).status_code == 412
    wrong = await lead.patch(path, json={"currency": None}, headers={"If-Match": '"2"'})
    assert wrong.json()["errors"][0]["field"] == "currency"
    assert (await lead.post(f"{path}/approval")).json()["code"] == "own-proposal"
    assert (await staff.post(f"{path}/approval")).json()["code"] == "not-yours-to-decide"
    assert (await step(story.office, f"{path}/approval"))["status"] == "approved"
    late = await lead.patch(path, json={"indicator": "x"}, headers={"If-Match": '"3"'})
    assert late.json()["code"] == "already-approved"
    assert (await story.office.get("/v1/improvements", params={"status": "published"})).json()["items"] == []
    assert (await story.service.anonymous().get("/v1/public/improvements")).json()["items"] == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"source": "problem"}, "body"),
        ({"titles": []}, "titles"),
        ({"titles": [{"language": "en"}]}, "titles[0].words"),
        ({"cost_minor": 5}, "body"),
        ({"effective_on": None}, "effective_on"),
        ({"owner_id": "00000000-0000-7000-8000-000000000000"}, "owner_id"),
        ({"source": "problem", "problem_id": "00000000-0000-7000-8000-000000000000"}, "problem_id"),
    ],
)
async def test_a_wrong_proposal_is_named(story: Story, wrong: dict[str, Any], field: str) -> None:
    body = {"source": "suggestion", "titles": _TITLES, "effective_on": "2027-01-01", **wrong}
    answer = await story.office.post("/v1/improvements", json=body)
    assert answer.status_code == 422, answer.text
    assert field in {error["field"] for error in answer.json()["errors"]}


async def test_nothing_of_it_is_for_external_units_but_what_is_public(story: Story) -> None:
    dealer = story.person("dealer", unit="dealer-17")
    made = await published(story, source="suggestion")
    for path in ("problems", "improvements", f"improvements/{made['id']}", "reports/defects"):
        assert (await dealer.get(f"/v1/{path}")).status_code == 404
    assert len((await dealer.get("/v1/public/improvements")).json()["items"]) == 1


async def test_defects_are_counted_by_pieces_sold(story: Story) -> None:
    customer = await story.customer()
    await story.buys(customer, 5, pieces=400, sku=_STAND)
    await story.buys(customer, 200, pieces=999, sku=_STAND)
    gone = await story.buys(customer, 5, pieces=50, sku=_STAND)
    await story.voids(customer, gone)
    for cause in ("quality", "quality", "price"):
        await complains(story, customer, cause=cause)
    await complains(story, customer, sku="NEW-1", cause="quality")
    found = (await story.office.get("/v1/reports/defects")).json()
    assert [tuple(one.values()) for one in found["items"]] == [
        (_STAND, 3, 2, 400, 5000),
        ("NEW-1", 1, 1, 0, None),
    ]
    early = await story.office.get("/v1/reports/defects", params={"since": "2026-02-01", "until": "2026-01-01"})
    assert (early.status_code, early.json()["errors"][0]["field"]) == (422, "since")
