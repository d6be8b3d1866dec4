"""Records that are one customer find each other: by themselves where it is sure, on the desk where it is likely."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import httpx
import pytest

from customer_profile.matching import desk
from customer_profile.matching.keys import CROWD
from guanxi.events.directory import CustomerState
from guanxi.service import Runtime
from guanxi.testing import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")

TAIYUAN = {"province": "山西省", "city": "太原市", "line": "迎澤大街 12 號"}
LINFEN = {"province": "山西省", "city": "臨汾市", "line": "鼓樓北大街 3 號"}
SWITCHBOARD = "03515550199"
_TOWNS = (
    *("太原", "大同", "杭州", "廣州", "深圳", "成都", "武漢", "西安", "長春", "廈門", "蘇州", "青島"),
    *("鄭州", "南昌", "昆明", "南京", "重慶", "天津", "濟南", "福州", "長沙", "哈爾濱"),
)


async def members(office: httpx.AsyncClient, customer_id: str) -> list[str]:
    answer = await office.get(f"/v1/customers/{customer_id}")
    return list(answer.json()["members"])


async def candidates(office: httpx.AsyncClient, status: str = "open", **params: str) -> list[dict[str, Any]]:
    answer = await office.get("/v1/match-candidates", params={"status": status, **params})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def levels(waterfall: list[dict[str, Any]]) -> dict[str, str]:
    return {step["comparison"]: step["level"] for step in waterfall}


async def test_who_shares_a_phone_number_is_one_customer_by_itself(
    office: httpx.AsyncClient, register: Any, look: Any
) -> None:
    one, two = await register("山西煤業", phone="0351-555-0101"), await register("山西煤礦", phone="03515550101")
    await look()
    assert await members(office, two) == [one, two]
    (pair,) = await candidates(office, "merged")
    assert (pair["left_id"], pair["right_id"], pair["band"], pair["held_by"]) == (one, two, "auto", [])
    assert levels(pair["waterfall"]) == {"prior": "", "trade": "shared", "place": "shared", "phone": "shared"}
    assert pair["waterfall"][-1]["total"] == pytest.approx(pair["weight"], abs=0.01)
    (merge,) = (await office.get("/v1/merges", params={"customer": one})).json()["items"]
    assert (merge["merged_by"], merge["reason"], merge["survivor_id"]) == ("guanxi:matching", "matched", one)


async def test_three_names_of_one_firm_end_up_together_and_its_namesake_does_not(
    office: httpx.AsyncClient, register: Any, look: Any
) -> None:
    one = await register("山西煤業", phone="0351-555-0101", contact_person="張建國", address=TAIYUAN)
    two = await register("山西煤礦", phone="0351-555-0101")
    three = await register("山西煤產品總公司", contact_person="张建国", address=TAIYUAN)
    other = await register("山西焦煤", contact_person="李衛東", address=LINFEN)
    await look()
    assert await members(office, one) == [one, two]
    (pair,) = await candidates(office)
    assert (pair["left_id"], pair["right_id"], pair["held_by"]) == (one, three, ["no-brand"])
    found = levels(pair["waterfall"])
    assert (found["place"], found["trade"], found["street"], found["contact_person"]) == (
        *("shared", "shared"),
        *("same", "equal"),
    )
    assert "brand" not in found
    apart = (await office.get("/v1/match-comparisons", params={"left": one, "right": other})).json()
    assert (apart["band"], levels(apart["waterfall"])["street"]) == ("none", "differs")
    assert (levels(apart["waterfall"])["place"], levels(apart["waterfall"])["trade"]) == ("shared", "shared")

    said = {"decision": "same", "reason": "told-by-customer"}
    answer = await office.post(f"/v1/match-candidates/{pair['id']}/decision", json=said)
    assert (answer.status_code, answer.json()["status"]) == (201, "merged")
    assert await members(office, three) == [one, two, three]
    assert await candidates(office) == []
    assert await members(office, other) == [other]


async def test_a_name_without_a_brand_never_merges_by_name_alone(
    office: httpx.AsyncClient, register: Any, look: Any
) -> None:
    one, two = await register("山西煤業有限公司"), await register("山西煤业")
    await look()
    assert await members(office, one) == [one]
    found = (await office.get("/v1/match-comparisons", params={"left": one, "right": two})).json()
    assert (found["band"] != "auto", "no-brand" in found["held_by"]) == (True, True)


async def test_union_pacific_is_not_union_carbide(office: httpx.AsyncClient, register: Any, look: Any) -> None:
    one, two = await register("Union Pacific Corp."), await register("Union Carbide Corporation")
    await look()
    assert (await members(office, one), await candidates(office)) == ([one], [])
    found = (await office.get("/v1/match-comparisons", params={"left": one, "right": two})).json()
    assert levels(found["waterfall"])["brand"] == "differs"


async def test_a_family_with_one_phone_stays_several_customers(
    office: httpx.AsyncClient, register: Any, look: Any
) -> None:
    one = await register("張建國", phone="13800131234", kind="person")
    await register("張小梅", phone="13800131234", kind="person")
    await look()
    assert await members(office, one) == [one]
    (pair,) = await candidates(office)
    assert pair["held_by"] == ["contradicted:given_name"]


async def test_a_key_that_too_many_share_loses_its_strength(
    office: httpx.AsyncClient, register: Any, look: Any
) -> None:
    coal = ("山西煤業", "山西煤礦", "山西煤炭", "山西焦煤", "山西煤產品")
    first = [await register(name, phone=SWITCHBOARD) for name in coal]
    await look()
    assert await members(office, first[4]) == first
    (before,) = [one for one in await candidates(office, "merged") if one["right_id"] == first[1]]
    other = await register("平遙客棧")
    await office.post("/v1/merges", json={"survivor_id": first[0], "absorbed_id": other, "reason": "told-by-customer"})
    last = await register("山西煤運", phone=SWITCHBOARD)
    await look()
    assert await members(office, first[0]) == [first[0], other], "what a person has merged stays"
    assert [await members(office, one) for one in [*first[1:], last]] == [[one] for one in [*first[1:], last]]
    after = (await office.get(f"/v1/match-candidates/{before['id']}")).json()
    assert (after["status"], levels(after["waterfall"])["phone"]) == ("open", "common"), "a person decides now"
    undone = [m for m in (await office.get("/v1/merges")).json()["items"] if m["merged_by"] == "guanxi:matching"]
    assert {(m["status"], m["undone_by"]) for m in undone} == {("undone", "guanxi:matching")}


async def test_a_merge_that_a_person_has_confirmed_outlives_its_evidence(
    office: httpx.AsyncClient, register: Any, look: Any
) -> None:
    first = [
        await register(name, phone=SWITCHBOARD)
        for name in ("山西煤業", "山西煤礦", "山西煤炭", "山西焦煤", "山西煤產品")
    ]
    await look()
    (pair,) = [one for one in await candidates(office, "merged") if one["right_id"] == first[1]]
    path, said = f"/v1/match-candidates/{pair['id']}/decision", {"decision": "same", "reason": "asked-them"}
    confirmed = await office.post(path, json=said)
    assert (confirmed.status_code, confirmed.json()["status"]) == (201, "merged")
    again = await office.post(path, json=said)
    assert (again.status_code, again.json()["code"]) == (409, "already-decided")
    last = await register("山西煤運", phone=SWITCHBOARD)
    await look()
    assert await members(office, first[1]) == first[:2], "a person has confirmed it"
    assert [await members(office, one) for one in [*first[2:], last]] == [[one] for one in [*first[2:], last]]


async def test_what_a_person_parts_stays_apart_until_a_person_joins_it(
    office: httpx.AsyncClient, register: Any, look: Any
) -> None:
    one, two = await register("山西煤業", phone="0351-555-0101"), await register("山西煤礦", phone="0351-555-0101")
    await look()
    (merge,) = (await office.get("/v1/merges", params={"customer": one})).json()["items"]
    undone = await office.post(f"/v1/merges/{merge['id']}/undo", json={"reason": "mistake"})
    assert undone.status_code == 201
    (pair,) = await candidates(office)
    await office.post(f"/v1/customers/{two}/contact-points", json={"kind": "phone", "value": "0351-555-0102"})
    three = await register("山西煤產品", phone="0351-555-0101")
    await look()
    assert len(await members(office, one)) + len(await members(office, two)) == 3, "the third joins one of them"
    assert two not in await members(office, one)
    await office.post(f"/v1/match-candidates/{pair['id']}/decision", json={"decision": "same", "reason": "sure"})
    assert await members(office, one) == [one, two, three]


async def test_never_the_same_is_remembered(office: httpx.AsyncClient, register: Any, look: Any) -> None:
    one, two = await register("山西煤業", phone="0351-555-0101"), await register("山西煤礦", phone="0351-555-0101")
    await look()
    (pair,) = await candidates(office, "merged")
    said = {"decision": "never_same", "reason": "two-firms-one-office"}
    answer = await office.post(f"/v1/match-candidates/{pair['id']}/decision", json=said)
    assert (answer.status_code, answer.json()["status"]) == (201, "never_same")
    assert await members(office, one) == [one]
    three = await register("山西煤產品", phone="0351-555-0101")
    await office.post(f"/v1/customers/{two}/contact-points", json={"kind": "email", "value": "office@coal.example"})
    await look()
    assert two not in await members(office, one)
    assert three in [*await members(office, one), *await members(office, two)]
    again = await office.post(f"/v1/match-candidates/{pair['id']}/decision", json=said)
    assert (again.status_code, again.json()["code"]) == (409, "already-decided")


async def test_evidence_that_goes_undoes_what_it_has_merged(
    office: httpx.AsyncClient, register: Any, look: Any
) -> None:
    one, two = await register("山西煤業", phone="0351-555-0101"), await register("山西煤礦", phone="0351-555-0101")
    await look()
    assert await members(office, one) == [one, two]
    read = await office.get(f"/v1/customers/{one}")
    changed = await office.patch(
        f"/v1/customers/{one}",
        json={"contact_points": [{"kind": "phone", "value": "0351-555-7777"}]},
        headers={"If-Match": read.headers["ETag"]},
    )
    assert changed.status_code == 200, changed.text
    await look()
    assert await members(office, one) == [one]
    (pair,) = await candidates(office)
    assert pair["band"] == "none", "a person still sees what was one customer before"
    assert levels(pair["waterfall"])["phone"] == "differs"
    assert pair["waterfall"][-1]["total"] == pytest.approx(pair["weight"], abs=0.01)


@pytest.mark.parametrize("seed", range(20))
async def test_the_order_of_arrival_makes_no_difference(
    office: httpx.AsyncClient, register: Any, harness: Harness, seed: int
) -> None:
    wanted: list[tuple[str, dict[str, Any]]] = [
        ("晉中紀念品店", {"phone": "0354-555-0201"}),
        ("晋中纪念品商行", {"phone": "0354-555-0201", "contact_person": "王芳"}),
        ("晉中禮品有限公司", {"phone": "0354-555-0202", "contact_person": "王芳", "address": LINFEN}),
        ("杭叉集團", {"phone": "0571-555-0301"}),
        ("杭叉集团股份有限公司", {"phone": "0571-555-0301", "address": TAIYUAN}),
        ("杭叉", {"phone": "0571-555-0302", "address": TAIYUAN}),
        *((f"青松{n}號店", {"phone": SWITCHBOARD}) for n in "一二三四五六七"),
    ]
    dice = random.Random(seed)
    dice.shuffle(wanted)
    ids = {await register(name, **more): name for name, more in wanted}
    states = await harness.published(CustomerState)
    dice.shuffle(states)
    while states:
        some = [states.pop() for _ in range(min(len(states), dice.randint(1, 4)))]
        await harness.apply(*some, *some, consumer="matching")
    groups = {tuple(sorted(ids[one] for one in await members(office, id_))) for id_ in ids}
    assert {group for group in groups if len(group) > 1} == {
        ("晉中紀念品店", "晋中纪念品商行"),
        tuple(sorted(("杭叉集團", "杭叉集团股份有限公司", "杭叉"))),
    }


async def test_a_new_policy_judges_everybody_anew(
    office: httpx.AsyncClient, harness: Harness, register: Any, look: Any
) -> None:
    one = await register("杭叉集團", contact_person="李明", address=TAIYUAN)
    two = await register("杭叉", contact_person="王強", address=TAIYUAN)
    await look()
    assert await members(office, one) == [one, two]
    read = await office.get("/v1/match-policy")
    assert (read.json()["number"], read.json()["automatic"], read.headers["ETag"]) == (1, True, '"1"')
    strict = {"automatic": True, "auto_from": 60, "review_from": 5, "reason": "too-many-mistakes"}
    answer = await office.put("/v1/match-policy", json=strict, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["number"]) == (200, 2), answer.text
    late = await office.put("/v1/match-policy", json=strict, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    await look_again(harness)
    assert await members(office, one) == [one]
    (pair,) = await candidates(office)
    assert (pair["band"], pair["policy_number"]) == ("review", 2)
    assert [row["number"] for row in (await office.get("/v1/match-policies")).json()] == [2, 1]


async def look_again(harness: Harness) -> None:
    await desk.look_again(Runtime(None, harness.database))


async def test_a_policy_that_leaves_a_level_out_is_refused(office: httpx.AsyncClient) -> None:
    weights = (await office.get("/v1/match-policy")).json()["weights"]
    del weights["odds"]["phone"]["common"]
    body = {"auto_from": 8, "review_from": 0, "weights": weights}
    answer = await office.put("/v1/match-policy", json=body, headers={"If-Match": '"1"'})
    assert answer.status_code == 422
    assert "odds.phone must give the levels" in answer.text


async def test_only_internal_units_see_what_others_hold(harness: Harness, register: Any, look: Any) -> None:
    one, two = await register("山西煤業", phone="0351-555-0101"), await register("山西煤礦", phone="0351-555-0101")
    await look()
    dealer = harness.caller(unit="taiyuan-dealer")
    (pair,) = await candidates(harness.caller(), "merged")
    said = {"decision": "never_same", "reason": "curious"}
    for answer in (
        await dealer.post(f"/v1/match-candidates/{pair['id']}/decision", json=said),
        await dealer.put("/v1/match-policy", json={"auto_from": 0, "review_from": 0}, headers={"If-Match": '"1"'}),
        await dealer.get("/v1/match-policy/proposal"),
    ):
        assert answer.status_code == 403, answer.request.url
    for path in (
        "/v1/match-candidates",
        f"/v1/match-comparisons?left={one}&right={two}",
        "/v1/match-policy",
        "/v1/match-policies",
    ):
        answer = await dealer.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "internal-only"), path


async def test_only_an_administrator_sets_the_policy(harness: Harness) -> None:
    desk = harness.caller(scope="customers:read customers:write")
    body = {"auto_from": -100, "review_from": -100}
    answer = await desk.put("/v1/match-policy", json=body, headers={"If-Match": '"1"'})
    assert answer.status_code == 403


async def test_many_holders_at_once_take_a_keys_strength_from_those_before(
    office: httpx.AsyncClient, register: Any, harness: Harness, look: Any
) -> None:
    first = [await register(name, phone=SWITCHBOARD) for name in ("山西煤業", "山西煤礦")]
    await look()
    assert await members(office, first[0]) == first
    crowd = [await register(f"第{n}號", phone=SWITCHBOARD) for n in range(40)]
    states = [one for one in await harness.published(CustomerState) if str(one.data.id) in crowd]
    await harness.apply(*states, consumer="matching")
    assert [await members(office, one) for one in first] == [[one] for one in first]


async def test_a_name_that_a_crowd_has_brings_them_together_once_some_have_another(
    office: httpx.AsyncClient, register: Any, look: Any
) -> None:
    first = [await register(f"{place}恒信貿易") for place in _TOWNS]
    await look()
    assert len(first) > CROWD + 1
    assert await candidates(office) == [], "a crowd is compared with nobody"
    gone = first[CROWD:]
    for n, one in enumerate(gone):
        body, read = {"name": f"北山{'甲乙丙丁'[n]}松食品"}, await office.get(f"/v1/customers/{one}")
        answer = await office.patch(f"/v1/customers/{one}", json=body, headers={"If-Match": read.headers["etag"]})
        assert answer.status_code == 200, answer.text
    await look()
    left = first[:CROWD]
    pairs = await candidates(office, limit="200")
    assert {one for pair in pairs for one in (pair["left_id"], pair["right_id"])} == set(left)
    assert len(pairs) == CROWD * (CROWD - 1) // 2


async def test_who_shared_a_key_with_an_erased_customer_is_looked_at_again(
    office: httpx.AsyncClient, register: Any, harness: Harness, look: Any
) -> None:
    coal = ("山西煤業", "山西煤礦", "山西煤炭", "山西焦煤", "山西煤產品", "山西煤運")
    some = [await register(name, phone=SWITCHBOARD) for name in coal]
    await look()
    assert await members(office, some[0]) == [some[0]], "six share it"
    await harness.erase(UUID(some[5]))
    await look_again(harness)
    assert await members(office, some[0]) == some[:5], "five do"


async def test_weights_are_learned_from_own_records_and_can_be_put_in_force(
    office: httpx.AsyncClient, register: Any, look: Any
) -> None:
    few = await office.get("/v1/match-policy/proposal")
    assert (few.status_code, few.json()["code"]) == (409, "too-few-records")
    brands = [f"{a}{b}" for a in "青白紅金長遠恒瑞盛宏" for b in "松楊橋江航豐龍川"]
    for n, brand in enumerate(brands):
        own = {"phone": f"0351555{1000 + n}", "address": {"city": "太原市", "line": f"第{n}街 {n} 號"}}
        await register(f"{brand}貿易", **own)
        if n % 2:
            await register(f"{brand}商行", **own)
    await look()
    proposal = (await office.get("/v1/match-policy/proposal")).json()
    assert (proposal["records"], proposal["number"]) == (len(brands) * 3 // 2, 1)
    assert proposal["matches"] == pytest.approx(len(brands) / 2, rel=0.3)
    assert proposal["bands"]["auto"] + proposal["bands"]["review"] == pytest.approx(len(brands) / 2, abs=4)
    body = {"auto_from": 6.6, "review_from": -1, "weights": proposal["weights"], "reason": "trained"}
    answer = await office.put("/v1/match-policy", json=body, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["number"]) == (200, 2), answer.text
    assert answer.json()["weights"] == proposal["weights"]


async def test_nothing_is_left_of_an_erased_customer(
    harness: Harness, office: httpx.AsyncClient, register: Any, look: Any
) -> None:
    one, two = await register("山西煤業", phone="0351-555-0101"), await register("山西煤礦", phone="0351-555-0101")
    await look()
    await harness.erase(UUID(one))
    await look()
    async with harness.database.api.read() as reader:
        kept = [row["customer_id"] for row in await reader.fetch("SELECT customer_id FROM match_record")]
        keys = [row["customer_id"] for row in await reader.fetch("SELECT customer_id FROM match_key")]
    assert (kept, set(keys)) == ([UUID(two)], {UUID(two)})
    assert [pair["left_id"] for pair in await candidates(office, "expired")] == [one]
