"""Nothing of an erased customer is left anywhere in the database, and nothing late brings it back."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from customer_profile.app import SERVICE
from customer_profile.customers.usecases import ReportedProfile, apply_profiles
from customer_profile.identity.usecases import NewCustomer, resolve_or_register
from guanxi.events.customers import CustomerErased
from guanxi.events.directory import CustomerState
from guanxi.events.inbound.profiles import ProfileReported
from guanxi.testing import Harness
from guanxi.testing.erasure import plant, scan

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOT_CUSTOMERS = ("employee",)
OF_INTAKE = ("inbound_report", "inbound_report_revision", "report_aggregate")
"""Planted by intake's own tests, which know how their rows come about."""

SAID = {
    "kind": "person",
    "name": "歐陽無名",
    "legal_name": "Ouyang Nemo Trading",
    "legal_representative": "司徒某某",
    "contact_person": "端木子虛",
    "address": {"city": "烏有市", "line": "無何有之鄉 7"},
    "social_credit_code": "91350100M000100Y43",
    "id_number": "140105199001011234",
    "birth_date": "1990-03-07",
    "preferences": {"hours": "only at the third watch"},
    "contact_points": [
        {"kind": "phone", "value": "13812345670", "hours": "after moonrise"},
        {"kind": "email", "value": "nemo@nowhere.example"},
    ],
}
TRACES = [
    *(
        "歐陽無名",
        "Nemo",
        "司徒某某",
        "端木子虛",
        "烏有市",
        "無何有之鄉",
        "M000100Y43",
        "140105199001011234",
        "1990-03-07",
    ),
    *("third watch", "after moonrise", "13812345670", "nowhere.example", "歐陽"),
]


async def known_everywhere(office: httpx.AsyncClient, harness: Harness) -> UUID:
    """A customer with a row in every table of this service that holds personal data."""
    made = await office.post("/v1/customers", json=SAID)
    other = await office.post("/v1/customers", json={"kind": "person", "name": "旁人"})
    assert (made.status_code, other.status_code) == (201, 201), made.text
    address = f"/v1/customers/{made.json()['id']}"
    changed = await office.patch(address, json={"name": "歐陽無名二"}, headers={"If-Match": '"1"'})
    named = await office.post(f"{address}/aliases", json={"source": "dealer-17", "external_ref": "A-1"})
    pair = {"survivor_id": made.json()["id"], "absorbed_id": other.json()["id"], "reason": "same"}
    merged = await office.post("/v1/merges", json=pair)
    assert (changed.status_code, named.status_code, merged.status_code) == (200, 201, 201)
    return UUID(made.json()["id"])


async def test_what_came_in_through_the_doors_is_gone(harness: Harness, office: httpx.AsyncClient) -> None:
    one = await known_everywhere(office, harness)
    async with harness.database.api.read() as reader:
        before = {hit.value for hit in await scan(reader, TRACES)}
    assert before == set(TRACES)
    await harness.erase(one)
    async with harness.database.api.read() as reader:
        assert await scan(reader, TRACES) == []


async def test_what_is_planted_in_every_tagged_column_is_gone(harness: Harness, office: httpx.AsyncClient) -> None:
    await known_everywhere(office, harness)
    async with harness.database.api.begin() as tx:
        values = await plant(tx, SERVICE.metadata, skip=(*NOT_CUSTOMERS, *OF_INTAKE))
        assert {hit.value for hit in await scan(tx, values)} == set(values)
        members = [row["id"] for row in await tx.fetch("SELECT id FROM customer")]
    await harness.erase(*members)
    async with harness.database.api.read() as reader:
        assert await scan(reader, values) == []


async def test_the_last_state_says_only_that_somebody_was(harness: Harness, office: httpx.AsyncClient) -> None:
    one = await known_everywhere(office, harness)
    await harness.erase(one)
    last = [event for event in await harness.published(CustomerState) if event.data.id == one][-1]
    assert (last.data.status, last.data.name, last.data.phones, last.data.owner_id) == ("erased", None, (), None)
    assert last.sequence == max(e.sequence for e in await harness.published(CustomerState) if e.data.id == one)
    assert [e.data.customer_id for e in await harness.published(CustomerErased)] == [one]


async def test_who_was_merged_with_an_erased_customer_speaks_for_themselves(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    one = await known_everywhere(office, harness)
    (other,) = {event.data.id for event in await harness.published(CustomerState)} - {one}
    assert (await office.get(f"/v1/customers/{other}")).json()["id"] == str(one)
    await harness.erase(one)
    read = await office.get(f"/v1/customers/{other}")
    assert (read.status_code, read.json()["name"], read.json()["status"]) == (200, "旁人", "active")
    assert [c["id"] for c in (await office.get("/v1/customers")).json()["items"]] == [str(other)]
    last = [event.data for event in await harness.published(CustomerState) if event.data.id == other][-1]
    assert (last.canonical_id, last.status) == (other, "active")


async def test_an_erasure_done_twice_tells_once(harness: Harness, office: httpx.AsyncClient) -> None:
    one = await known_everywhere(office, harness)
    await harness.erase(one)
    await harness.erase(one)
    assert len(await harness.published(CustomerErased)) == 1


async def test_an_erased_customer_is_gone_for_everybody(harness: Harness, office: httpx.AsyncClient) -> None:
    one = await known_everywhere(office, harness)
    await harness.erase(one)
    address = f"/v1/customers/{one}"
    answers = [
        await office.get(address),
        await office.patch(address, json={"size": "x"}, headers={"If-Match": '"1"'}),
        await office.post(f"{address}/contact-points", json={"kind": "phone", "value": "13800131234"}),
        await office.get(f"{address}/overview"),
        await office.get(f"{address}/aliases"),
    ]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(410, "customer-erased")] * len(answers)
    listed = (await office.get("/v1/customers", params={"absorbed": True})).json()["items"]
    assert str(one) not in [c["id"] for c in listed]


async def test_a_late_report_registers_nobody_and_writes_nothing(harness: Harness, office: httpx.AsyncClient) -> None:
    one = await known_everywhere(office, harness)
    await harness.erase(one)
    profile = ProfileReported.model_validate({"external_customer": "A-1", "kind": "person", "name": "歐陽無名"})
    async with harness.database.consumers.begin() as tx:
        found = await resolve_or_register(tx, [NewCustomer("dealer-17", "A-1", "dealer-17")])
        await apply_profiles(tx, [ReportedProfile(one, "dealer-17", "dealer-17", tx.now, 9, profile)])
        assert await scan(tx, ["歐陽無名", "A-1"]) == []
    assert found == {("dealer-17", "A-1"): None}
