"""What was agreed with customers: entered, changed, ended, found again, told."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from guanxi.events.customers import AgreementChanged
from guanxi.testing import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")

TOWERS = {"code": "towers", "benefit": "warranty", "kinds": ["repair"], "months": 6, "skus": ["TOWER-"]}
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


async def made(caller: httpx.AsyncClient, name: str = "白雲機場") -> str:
    answer = await caller.post("/v1/customers", json={"kind": "organisation", "name": name})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def agreed(caller: httpx.AsyncClient, customer: str, **more: Any) -> httpx.Response:
    body = {"kind": "service", "since": "2026-01-01", "clauses": [TOWERS], **more}
    return await caller.post(f"/v1/customers/{customer}/agreements", json=body)


async def changed(caller: httpx.AsyncClient, one: str, version: int, **body: Any) -> httpx.Response:
    return await caller.patch(f"/v1/agreements/{one}", json=body, headers={"If-Match": f'"{version}"'})


async def listed(caller: httpx.AsyncClient, customer: str, **params: Any) -> list[str]:
    answer = await caller.get(f"/v1/customers/{customer}/agreements", params=params)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


async def test_a_contract_is_archived_with_its_document_and_told_whole(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    customer = await made(office)
    first = await agreed(office, customer, kind="sale", reference="BY-17", document_hash=HASH, until="2026-12-31")
    assert (first.status_code, first.headers["ETag"]) == (201, '"1"')
    found = await office.get(first.headers["Location"])
    assert found.json() == first.json()
    assert (found.json()["kind"], found.json()["reference"], found.json()["document_hash"]) == ("sale", "BY-17", HASH)
    assert found.json()["clauses"][0]["months"] == 6
    (event,) = await harness.published(AgreementChanged)
    assert (str(event.subject), str(event.aggregateid), event.sequence) == (customer, first.json()["id"], 1)
    assert (event.data.kind, event.data.unit, event.data.clauses[0].skus) == ("sale", "head-office", ("TOWER-",))
    assert (str(event.data.since), str(event.data.until)) == ("2026-01-01", "2026-12-31")


async def test_a_repeat_is_the_first_again(harness: Harness, office: httpx.AsyncClient) -> None:
    customer = await made(office)
    body = {"kind": "service", "since": "2026-01-01"}
    answers = [
        await office.post(f"/v1/customers/{customer}/agreements", json=body, headers={"Idempotency-Key": "one"})
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert len(await harness.published(AgreementChanged)) == 1


async def test_one_ends_early_and_every_version_is_kept(harness: Harness, office: httpx.AsyncClient) -> None:
    customer = await made(office)
    one = (await agreed(office, customer)).json()["id"]
    ended = await changed(office, one, 1, until="2026-06-30")
    assert (ended.status_code, ended.headers["ETag"], ended.json()["until"]) == (200, '"2"', "2026-06-30")
    again = await changed(office, one, 2, until="2026-06-30")
    assert (again.status_code, again.json()["version"]) == (200, 2)
    longer = {**TOWERS, "months": 12, "order_at_least_minor": 5}
    assert (await changed(office, one, 2, until=None, clauses=[longer], currency="CNY")).json()["version"] == 3
    kept = (await office.get(f"/v1/agreements/{one}/versions", params={"limit": 2})).json()
    rest = (await office.get(f"/v1/agreements/{one}/versions", params={"limit": 2, "cursor": kept["next"]})).json()
    said = [(v["version"], v["until"], v["clauses"][0]["months"]) for v in (*kept["items"], *rest["items"])]
    assert said == [(3, None, 12), (2, "2026-06-30", 6), (1, None, 6)]
    assert rest["next"] is None
    told = await harness.published(AgreementChanged)
    assert [(e.sequence, str(e.data.until), e.data.clauses[0].months) for e in told] == [
        *((1, "None", 6), (2, "2026-06-30", 6), (3, "None", 12)),
    ]


async def test_a_change_names_the_version_that_it_is_of(office: httpx.AsyncClient) -> None:
    one = (await agreed(office, await made(office))).json()["id"]
    bare = await office.patch(f"/v1/agreements/{one}", json={"until": "2026-06-30"})
    assert bare.status_code == 428
    answers = await asyncio.gather(*(changed(office, one, 1, until=f"2026-06-{n}") for n in (10, 20)))
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_they_are_listed_by_kind_and_by_the_day_on_which_they_are_in_force(office: httpx.AsyncClient) -> None:
    customer = await made(office)
    past = (await agreed(office, customer, kind="sale", until="2026-03-31")).json()["id"]
    open_ = (await agreed(office, customer, since="2026-03-31")).json()["id"]
    other = (await agreed(office, customer, kind="strategic", since="2026-05-01")).json()["id"]
    assert await listed(office, customer) == [other, open_, past]
    assert await listed(office, customer, kind="sale") == [past]
    assert await listed(office, customer, on="2026-03-31") == [open_, past]
    assert await listed(office, customer, on="2026-04-01") == [open_]
    assert await listed(office, customer, on="2026-05-01", kind="strategic") == [other]
    page = (await office.get(f"/v1/customers/{customer}/agreements", params={"limit": 2})).json()
    rest = await office.get(f"/v1/customers/{customer}/agreements", params={"limit": 2, "cursor": page["next"]})
    assert [one["id"] for one in rest.json()["items"]] == [past]
    assert (await office.get(f"/v1/customers/{customer}/agreements", params={"kind": "lease"})).status_code == 422
    assert (await office.get(f"/v1/customers/{customer}/agreements", params={"on": "today"})).status_code == 422


async def test_of_merged_customers_all_are_listed_and_each_stays_its_records(office: httpx.AsyncClient) -> None:
    one, two = await made(office, "山西煤業"), await made(office, "山西煤礦")
    mine, theirs = [(await agreed(office, customer)).json()["id"] for customer in (one, two)]
    body = {"survivor_id": one, "absorbed_id": two, "reason": "same-phone"}
    merge = (await office.post("/v1/merges", json=body)).json()
    assert await listed(office, one) == await listed(office, two) == [theirs, mine]
    later = (await agreed(office, two)).json()
    assert later["customer_id"] == two
    assert (await changed(office, theirs, 1, until="2026-06-30")).status_code == 200
    sheet = (await office.get(f"/v1/merges/{merge['id']}/worksheet")).json()
    lines = [(line["customer_id"], line["advice"]) for line in sheet["items"] if line["kind"] == "agreement"]
    assert lines == [(two, "by_itself")]
    assert (await office.post(f"/v1/merges/{merge['id']}/undo", json={"reason": "mistake"})).is_success
    assert (await listed(office, one), await listed(office, two)) == ([mine], [later["id"], theirs])


async def test_a_dealer_reads_those_of_its_own_records_and_writes_none(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    dealer, stranger = harness.caller(unit="dealer-17"), harness.caller(unit="dealer-18")
    ours, theirs = await made(office), await made(dealer, "平遙紀念品店")
    hidden, one = [(await agreed(office, customer)).json() for customer in (ours, theirs)]
    assert one["unit_id"] == "dealer-17"
    assert await listed(dealer, theirs) == await listed(office, theirs) == [one["id"]]
    assert (await dealer.get(f"/v1/agreements/{one['id']}")).json() == one
    assert (await dealer.get(f"/v1/agreements/{one['id']}/versions")).json()["items"] == [one]
    for caller, id_ in ((dealer, hidden["id"]), (stranger, one["id"])):
        answers = [await caller.get(f"/v1/agreements/{id_}{more}") for more in ("", "/versions")]
        unknown = await caller.get("/v1/agreements/019a3c5e-7d11-7abc-8def-0123456789ab")
        assert {(a.status_code, a.json()["detail"]) for a in answers} == {(404, unknown.json()["detail"])}
    assert (await stranger.get(f"/v1/customers/{theirs}/agreements")).status_code == 404
    merge = {"survivor_id": ours, "absorbed_id": theirs, "reason": "same-phone"}
    assert (await office.post("/v1/merges", json=merge)).status_code == 201
    assert await listed(dealer, theirs) == [one["id"]]
    assert set(await listed(office, theirs)) == {one["id"], hidden["id"]}


async def test_what_the_firm_owes_is_entered_changed_and_ended_by_internal_units_alone(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    dealer = harness.caller(unit="dealer-17")
    ours, theirs = await made(office), await made(dealer, "平遙紀念品店")
    ids = [(await agreed(office, customer)).json()["id"] for customer in (ours, theirs)]
    unknown = "019a3c5e-7d11-7abc-8def-0123456789ab"
    answers = [await agreed(dealer, customer) for customer in (theirs, ours, unknown)]
    answers += [await changed(dealer, id_, 1, until="2026-06-30") for id_ in (*ids, unknown)]
    assert {(a.status_code, a.json()["code"], a.json()["detail"]) for a in answers} == {
        (403, "internal-only", answers[0].json()["detail"])
    }
    assert await listed(dealer, theirs) == [ids[1]]
    assert [(await office.get(f"/v1/agreements/{id_}")).json()["version"] for id_ in ids] == [1, 1]
    assert len(await harness.published(AgreementChanged)) == 2


async def test_an_erased_customers_agreements_are_gone_and_say_nothing(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    customer = await made(office)
    one = (await agreed(office, customer, reference="NEMO-17", document_hash=HASH)).json()["id"]
    assert (await changed(office, one, 1, reference="NEMO-18")).status_code == 200
    await harness.erase(UUID(customer))
    answers = [
        await agreed(office, customer),
        await office.get(f"/v1/agreements/{one}"),
        await changed(office, one, 2, until="2026-06-30"),
        await office.get(f"/v1/customers/{customer}/agreements"),
    ]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(410, "customer-erased")] * 4
    told = await harness.published(AgreementChanged)
    assert [(e.data.reference, e.data.document_hash, e.data.clauses[0].code) for e in told] == [
        (None, None, "towers")
    ] * 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "lease"}, "kind"),
        ({"since": None}, "since"),
        ({"since": "2026-02-31"}, "since"),
        ({"until": "2025-12-31"}, "until"),
        ({"document_hash": "sha256:" + HASH}, "document_hash"),
        ({"reference": ""}, "reference"),
        ({"customer_id": "x"}, "customer_id"),
        ({"clauses": [{**TOWERS, "days": 30}]}, "clauses[0]"),
        ({"clauses": [TOWERS, {**TOWERS, "kinds": ["painting"], "code": "b"}]}, "clauses[1].kinds[0]"),
        ({"clauses": [{**TOWERS, "order_at_least_minor": 5}]}, "currency"),
        ({"currency": "yuan"}, "currency"),
        ({"clauses": [TOWERS, TOWERS]}, "clauses[1].code"),
        ({"clauses": [{"code": "a"}]}, "clauses[0].benefit"),
        ({"clauses": [{**TOWERS, "customers": []}]}, "clauses[0].customers"),
    ],
)
async def test_a_wrong_body_names_its_field(office: httpx.AsyncClient, body: dict[str, Any], field: str) -> None:
    answer = await agreed(office, await made(office), **body)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]], answer.text
