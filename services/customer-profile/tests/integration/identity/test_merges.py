"""Merging two records and parting them again, at the door."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from customer_profile.app import SERVICE
from customer_profile.customers.rules import Customer
from customer_profile.customers.usecases import erase, load
from customer_profile.identity.usecases import NewCustomer, resolve_or_register
from customer_profile.sources import usecases as sources
from guanxi.events.customers import CustomerMerged, CustomerUnmerged, CustomerUpdated
from guanxi.events.directory import CustomerState
from guanxi.testing import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def made(caller: httpx.AsyncClient, name: str, phone: str = "13800131234", **more: Any) -> str:
    points = [{"kind": "phone", "value": phone}]
    answer = await caller.post(
        "/v1/customers", json={"kind": "organisation", "name": name, "contact_points": points, **more}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def merged(office: httpx.AsyncClient, survivor: str, absorbed: str, **params: Any) -> httpx.Response:
    body = {"survivor_id": survivor, "absorbed_id": absorbed, "reason": "same-phone"}
    return await office.post("/v1/merges", json=body, params=params)


async def undone(office: httpx.AsyncClient, merge: httpx.Response) -> httpx.Response:
    return await office.post(f"{merge.headers['Location']}/undo", json={"reason": "mistake"})


async def states(harness: Harness) -> dict[str, tuple[str, str]]:
    """The newest published state of each customer: canonical id and status."""
    return {str(e.data.id): (str(e.data.canonical_id), e.data.status) for e in await harness.published(CustomerState)}


async def test_two_records_count_as_one_and_each_is_told(harness: Harness, office: httpx.AsyncClient) -> None:
    older, younger = await made(office, "山西煤業"), await made(office, "山西煤礦")
    answer = await merged(office, younger, older)
    assert (answer.status_code, answer.json()["status"]) == (201, "active")
    assert await states(harness) == {younger: (younger, "active"), older: (younger, "merged")}
    (event,) = await harness.published(CustomerMerged)
    assert [str(m) for m in event.data.component.members] == [older, younger]
    assert (str(event.data.component.canonical_id), str(event.subject), event.sequence) == (younger, younger, 1)
    assert await harness.published(CustomerUpdated) == []


async def test_an_absorbed_id_is_read_as_the_record_that_speaks_for_it(office: httpx.AsyncClient) -> None:
    one, two = await made(office, "山西煤業"), await made(office, "山西煤礦")
    await merged(office, one, two)
    read = await office.get(f"/v1/customers/{two}")
    assert (read.status_code, read.headers["Content-Location"]) == (200, f"/v1/customers/{one}")
    assert (read.json()["id"], read.json()["members"]) == (one, [one, two])
    assert read.headers["ETag"] == (await office.get(f"/v1/customers/{one}")).headers["ETag"]
    refused = await office.patch(f"/v1/customers/{two}", json={"size": "x"}, headers={"If-Match": '"2"'})
    assert (refused.status_code, refused.json()["code"]) == (409, "merged-into")
    assert one in refused.json()["detail"]


async def test_a_post_to_an_absorbed_id_keeps_exactly_that_id(office: httpx.AsyncClient) -> None:
    one, two = await made(office, "山西煤業"), await made(office, "山西煤礦")
    await merged(office, one, two)
    added = await office.post(f"/v1/customers/{two}/contact-points", json={"kind": "phone", "value": "13700137000"})
    assert (added.status_code, added.json()["id"]) == (201, two)
    assert (added.json()["members"], added.json()["canonical_id"]) == ([one, two], one)
    assert "13700137000" not in (await office.get(f"/v1/customers/{one}")).text


async def test_the_list_shows_one_customer_and_finds_it_by_what_either_record_holds(office: httpx.AsyncClient) -> None:
    one, two = await made(office, "山西煤業"), await made(office, "晉中礦務", phone="13900139000")
    await merged(office, one, two)

    async def listed(**params: Any) -> list[str]:
        return [c["id"] for c in (await office.get("/v1/customers", params=params)).json()["items"]]

    assert await listed() == [one]
    (shown,) = (await office.get("/v1/customers")).json()["items"]
    assert shown["members"] == [one, two]
    assert await listed(name="晉中") == [one]
    assert await listed(phone="139 0013 9000") == [one]
    assert await listed(absorbed=True) == [two, one]
    assert await listed(absorbed=True, name="晉中") == [two]


async def test_an_undone_merge_leaves_both_records_as_they_were(harness: Harness, office: httpx.AsyncClient) -> None:
    one, two = await made(office, "山西煤業", industry="coal"), await made(office, "山西煤礦", size="large")
    before = [(await office.get(f"/v1/customers/{id_}")).json() for id_ in (one, two)]
    merge = await merged(office, one, two)
    answer = await undone(office, merge)
    assert (answer.status_code, answer.json()["status"], answer.json()["undone_reason"]) == (201, "undone", "mistake")
    after = [(await office.get(f"/v1/customers/{id_}")).json() for id_ in (one, two)]
    moved = {"version", "recorded_at"}
    assert [{k: v for k, v in r.items() if k not in moved} for r in after] == [
        {k: v for k, v in r.items() if k not in moved} for r in before
    ]
    assert await states(harness) == {one: (one, "active"), two: (two, "active")}
    (event,) = await harness.published(CustomerUnmerged)
    assert sorted(str(c.canonical_id) for c in event.data.components) == sorted([one, two])
    assert event.sequence == 2
    again = await undone(office, merge)
    assert (again.status_code, again.json()["code"]) == (409, "already-undone")


async def test_changes_made_while_merged_stay_with_their_own_record(office: httpx.AsyncClient) -> None:
    one, two = await made(office, "山西煤業"), await made(office, "山西煤礦")
    merge = await merged(office, one, two)
    version = (await office.get(f"/v1/customers/{one}")).headers["ETag"]
    await office.patch(f"/v1/customers/{one}", json={"size": "large"}, headers={"If-Match": version})
    await office.post(f"/v1/customers/{two}/contact-points", json={"kind": "email", "value": "two@example.com"})
    await undone(office, merge)
    first, second = [(await office.get(f"/v1/customers/{id_}")).json() for id_ in (one, two)]
    assert (first["size"], len(first["contact_points"])) == ("large", 1)
    assert (second["size"], len(second["contact_points"])) == (None, 2)


async def test_merges_are_undone_in_any_order(harness: Harness, office: httpx.AsyncClient) -> None:
    a, b, c, d = [await made(office, name) for name in ("甲", "乙", "丙", "丁")]
    first, second, third = await merged(office, a, b), await merged(office, c, d), await merged(office, c, b)
    assert {one for one, _ in (await states(harness)).values()} == {a}
    await undone(office, first)
    assert {id_: one for id_, (one, _) in (await states(harness)).items()} == {a: a, b: c, c: c, d: c}
    await undone(office, second)
    assert {id_: one for id_, (one, _) in (await states(harness)).items()} == {a: a, b: c, c: c, d: d}
    await undone(office, third)
    assert {id_: one for id_, (one, _) in (await states(harness)).items()} == {a: a, b: b, c: c, d: d}


async def test_a_dry_run_tells_what_would_be_and_changes_nothing(harness: Harness, office: httpx.AsyncClient) -> None:
    one, two = await made(office, "山西煤業"), await made(office, "山西煤礦", phone="13900139000")
    answer = await merged(office, one, two, dry_run=True)
    assert (answer.status_code, answer.json()["canonical_id"], answer.json()["members"]) == (200, one, [one, two])
    differing = {d["field"]: (d["survivor"], d["absorbed"]) for d in answer.json()["differences"]}
    assert differing["name"] == ("山西煤業", "山西煤礦")
    assert "contact_points" in differing
    assert (await office.get("/v1/merges")).json()["items"] == []
    assert len(await harness.published(CustomerState)) == 2
    plain = harness.caller(scope="customers:write")
    assert "13900139000" not in (await merged(plain, one, two, dry_run=True)).text
    async with harness.database.api.read() as reader:
        seen = await reader.fetch("SELECT action, details->'customers' AS customers FROM audit WHERE unmasked")
    assert [tuple(row) for row in seen] == [("POST /v1/merges", [one, two])]


async def test_what_cannot_be_merged_is_refused(office: httpx.AsyncClient) -> None:
    one, two = await made(office, "山西煤業"), await made(office, "山西煤礦")
    assert (await merged(office, one, one)).status_code == 422
    assert (await merged(office, one, "01900000-0000-7000-8000-000000000000")).status_code == 404
    assert (await merged(office, one, two)).status_code == 201
    again = await merged(office, two, one)
    assert (again.status_code, again.json()["code"]) == (409, "already-merged")


async def test_the_same_merge_asked_for_in_parallel_is_made_once(harness: Harness, office: httpx.AsyncClient) -> None:
    one, two = await made(office, "山西煤業"), await made(office, "山西煤礦")
    answers = await asyncio.gather(*(merged(office, *pair) for pair in [(one, two), (two, one)] * 3))
    assert min(a.status_code for a in answers) == 201
    assert {a.status_code for a in answers} <= {201, 409, 503}
    assert len(await harness.published(CustomerMerged)) == 1


async def test_an_external_unit_keeps_its_own_record_under_its_own_id(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    dealer = harness.caller(unit="dealer-17")
    ours, theirs = await made(office, "山西煤業"), await made(dealer, "山西煤礦")
    await merged(office, ours, theirs)
    read = await dealer.get(f"/v1/customers/{theirs}")
    assert (read.status_code, read.json()["id"], read.json()["members"]) == (200, theirs, [theirs])
    assert (read.json()["status"], read.json()["canonical_id"]) == ("active", theirs)
    assert "Content-Location" not in read.headers
    assert [c["id"] for c in (await dealer.get("/v1/customers", params={"name": "山西"})).json()["items"]] == [theirs]
    changed = await dealer.patch(
        f"/v1/customers/{theirs}", json={"size": "small"}, headers={"If-Match": read.headers["ETag"]}
    )
    assert changed.status_code == 200
    history = await dealer.get(f"/v1/customers/{theirs}/revisions", params={"as_of": "2199-01-01T00:00:00Z"})
    assert [[c["field"] for c in r["changes"]] for r in history.json()["items"]] == [["size"]]
    assert ours not in history.text
    assert "canonical_id" not in {value["field"] for value in history.json()["state"]}
    assert (await dealer.get("/v1/merges")).status_code == 403
    assert (await merged(dealer, theirs, ours)).status_code == 403


async def test_internal_readers_see_merges_in_the_history_and_external_ones_whole_pages_without(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    dealer = harness.caller(unit="dealer-17")
    ours, theirs = await made(office, "山西煤業"), await made(dealer, "山西煤礦")
    address = f"/v1/customers/{theirs}"
    for size in ("small", "large"):
        version = (await dealer.get(address)).headers["ETag"]
        await dealer.patch(address, json={"size": size}, headers={"If-Match": version})
        await undone(office, await merged(office, ours, theirs))
    seen = (await office.get(f"{address}/revisions")).json()["items"]
    assert [[c["field"] for c in r["changes"]] for r in seen] == [["canonical_id"], ["canonical_id"], ["size"]] * 2
    sizes, cursor = [], None
    for _ in range(2):
        page = (
            await dealer.get(f"{address}/revisions", params={"limit": 1, **({"cursor": cursor} if cursor else {})})
        ).json()
        sizes += [c["new"] for r in page["items"] for c in r["changes"]]
        cursor = page["next"]
    assert (sizes, cursor) == (["large", "small"], None)


async def test_a_merge_keeps_what_both_records_held(harness: Harness, office: httpx.AsyncClient) -> None:
    one, two = await made(office, "山西煤業"), await made(office, "山西煤礦")
    await merged(office, one, two)
    async with harness.database.api.read() as reader:
        image = await reader.fetchval("SELECT before_image FROM merge")
    assert (image["survivor"]["name"], image["absorbed"]["name"]) == ("山西煤業", "山西煤礦")
    assert image["absorbed"]["contact_points"][0]["value"] == "+8613800131234"


async def source(office: httpx.AsyncClient, name: str, unit: str) -> None:
    body = {"name": name, "unit_id": unit, "create_unit": unit != "head-office"}
    assert (await office.post("/v1/sources", json=body)).status_code == 201


async def test_a_merged_customers_source_still_finds_its_own_record(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    await source(office, "dealer-17", "dealer-17")
    one, two = await made(office, "山西煤業"), await made(office, "山西煤礦", unit="dealer-17")
    named = await office.post(f"/v1/customers/{two}/aliases", json={"source": "dealer-17", "external_ref": "A-1"})
    assert named.status_code == 201
    await merged(office, one, two)
    async with harness.database.consumers.begin() as tx:
        found = await resolve_or_register(tx, [NewCustomer("dealer-17", "A-1", "dealer-17")])
        kept: dict[Any, Customer] = await load(tx, [one for one in found.values() if one])
    assert [str(id_) for id_ in kept] == [two]


async def test_only_a_source_that_may_report_of_a_customer_can_have_a_name_for_it(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    await source(office, "dealer-17", "dealer-17")
    await source(office, "call-centre", "head-office")
    ours, theirs = await made(office, "山西煤業"), await made(harness.caller(unit="dealer-17"), "山西煤礦")
    pairs = ((ours, "nobody", 422), (ours, "dealer-17", 422), (theirs, "dealer-17", 201), (theirs, "call-centre", 201))
    for one, name, status in pairs:
        body = {"source": name, "external_ref": "A-1"}
        answer = await office.post(f"/v1/customers/{one}/aliases", json=body)
        assert answer.status_code == status, answer.text
        assert status == 201 or answer.json()["errors"][0]["field"] == "source"


async def test_a_customer_may_have_more_names_than_a_page_shows(harness: Harness, office: httpx.AsyncClient) -> None:
    await source(office, "call-centre", "head-office")
    one = await made(office, "山西煤業")
    address = f"/v1/customers/{one}/aliases"
    async with harness.database.api.begin() as tx:
        await tx.execute(
            "INSERT INTO alias (id, unit_id, customer_id, source, external_ref, ref_hash)"
            " SELECT uuidv7(), 'head-office', $1, 'call-centre', 'old-' || n, sha256(('old-' || n)::bytea)"
            " FROM generate_series(1, 200) n",
            one,
        )
    body, key = {"source": "call-centre", "external_ref": "new"}, {"Idempotency-Key": "alias-201"}
    first = await office.post(address, json=body, headers=key)
    again = await office.post(address, json=body, headers=key)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert first.json()["external_ref"] == "new"


async def test_an_erasure_and_a_merge_never_wait_for_each_other(harness: Harness, office: httpx.AsyncClient) -> None:
    one, two, three = [await made(office, name) for name in ("甲", "乙", "丙")]
    await merged(office, one, two)
    merging: asyncio.Task[httpx.Response] | None = None
    async with harness.database.api.begin() as tx:
        for eraser in SERVICE.erasers:
            await eraser(tx, [UUID(two)])
            if eraser is erase:
                merging = asyncio.create_task(merged(office, three, two))
                while not await tx.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110 - a lock
                    await asyncio.sleep(0.01)
    assert merging is not None
    assert (await merging).json()["code"] in ("customer-erased", "busy")


async def test_a_name_is_entered_by_locks_in_the_order_of_a_batch(harness: Harness, office: httpx.AsyncClient) -> None:
    await source(office, "call-centre", "head-office")
    one = await made(office, "山西煤業")
    body = {"source": "call-centre", "external_ref": "A-1"}
    async with harness.database.consumers.begin() as tx:
        await sources.lock(tx, ["call-centre"])
        adding = asyncio.create_task(office.post(f"/v1/customers/{one}/aliases", json=body))
        while not (adding.done() or await tx.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")):  # noqa: ASYNC110 - a lock
            await asyncio.sleep(0.01)
        assert not adding.done()
        await tx.fetch("SELECT id FROM customer WHERE id = $1 FOR UPDATE NOWAIT", UUID(one))
    assert (await adding).status_code == 201


async def test_an_undo_parts_nobody_whom_standing_merges_join_over_erased_records(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    first, gone, lost, last, above, other = [await made(office, name) for name in "甲乙丙丁戊己"]
    for survivor, absorbed in ((first, gone), (gone, lost), (lost, last)):
        assert (await merged(office, survivor, absorbed)).status_code == 201
    await harness.erase(UUID(gone), UUID(lost))
    assert (await merged(office, above, first)).status_code == 201
    assert (await undone(office, await merged(office, above, other))).status_code == 201
    found = await states(harness)
    assert [found[one][0] for one in (first, last, above, other)] == [above, above, above, other]


async def test_a_name_of_a_source_belongs_to_one_customer(harness: Harness, office: httpx.AsyncClient) -> None:
    await source(office, "dealer-17", "dealer-17")
    one, two = [await made(office, name, unit="dealer-17") for name in ("山西煤業", "山西煤礦")]
    body = {"source": "dealer-17", "external_ref": "A-1"}
    assert (await office.post(f"/v1/customers/{one}/aliases", json=body)).status_code == 201
    taken = await office.post(f"/v1/customers/{two}/aliases", json=body)
    assert (taken.status_code, taken.json()["code"]) == (409, "alias-taken")
    (alias,) = (await office.get(f"/v1/customers/{one}/aliases")).json()
    assert (alias["source"], alias["external_ref"]) == ("dealer-17", "A-1")
    dealer = harness.caller(unit="dealer-17")
    assert (await dealer.post(f"/v1/customers/{one}/aliases", json={**body, "external_ref": "A-2"})).status_code == 403


@pytest.mark.parametrize("of_old", [False, True], ids=["of now", "of before there were editions"])
async def test_its_own_unit_sees_no_merge_in_version_list_or_history(
    harness: Harness, office: httpx.AsyncClient, *, of_old: bool
) -> None:
    dealer = harness.caller(unit="dealer-17")
    theirs, ours = await made(dealer, "山西煤業"), await made(office, "山西煤業")
    if of_old:
        async with harness.database.api.begin() as tx:
            await tx.execute("UPDATE customer SET edition = NULL, edited_at = NULL WHERE id = $1", UUID(theirs))
    before = await dealer.get(f"/v1/customers/{theirs}")
    merge = await merged(office, ours, theirs)
    await undone(office, merge)
    await merged(office, ours, theirs)
    after = await dealer.get(f"/v1/customers/{theirs}")
    assert (after.text, after.headers["ETag"]) == (before.text, before.headers["ETag"])
    changed = await dealer.patch(f"/v1/customers/{theirs}", json={"size": "big"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    stale = await dealer.patch(f"/v1/customers/{theirs}", json={"size": "small"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    history = (await dealer.get(f"/v1/customers/{theirs}/revisions")).json()["items"]
    assert [(one["version"], [each["field"] for each in one["changes"]]) for one in history] == [(2, ["size"])]
    (listed,) = (await dealer.get("/v1/customers")).json()["items"]
    assert listed == (await dealer.get(f"/v1/customers/{theirs}")).json()
    whole = await office.get(f"/v1/customers/{theirs}/revisions")
    assert [one["version"] for one in whole.json()["items"]] == [5, 4, 3, 2]
