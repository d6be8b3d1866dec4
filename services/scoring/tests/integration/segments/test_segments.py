"""Tiers, segments, key customers, treatments, rankings and the pyramid over HTTP."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from guanxi.events.scores import SegmentChanged
from guanxi.testing import Harness

from ..conftest import MakeCustomer, an_order, settle

pytestmark = pytest.mark.asyncio


async def _firm(service: Harness, customer: MakeCustomer) -> list[UUID]:
    """Ten customers: two with most of the profit, one who brings returns only, one in a currency without a rate."""
    made = [await customer() for _ in range(10)]
    amounts = [92_000_000, 60_000_000, 5_000_000, 4_000_000, 3_000_000, 2_000_000, 1_000_000, 900_000]
    await service.apply(*(an_order(one, minor) for one, minor in zip(made, amounts, strict=False)))
    await service.apply(an_order(made[8], -1_000_000), an_order(made[9], 1_000_000, currency="XCD"))
    await settle(service)
    return made


async def test_tiers_show_who_stands_where_and_what_is_recommended(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    made = await _firm(service, customer)
    items = (await staff.get("/v1/tiers")).json()["items"]
    assert [(one["tier"], one["customers"]) for one in items] == [
        ("top", 1),
        ("high", 1),
        ("middle", 4),
        ("none", 3),
        ("loss", 1),
    ]
    assert items[0]["profit_minor"] == 27_600_000
    assert items[0]["enters_from"] > items[0]["kept_from"]
    assert items[0]["actions"] == (await staff.get("/v1/treatments?tier=top")).json()["items"][0]["actions"]
    moves = (await staff.get("/v1/tiers/moves?tier=top")).json()["items"]
    assert [(one["customer_id"], one["previous_tier"], one["direction"]) for one in moves] == [
        (str(made[0]), "none", "up")
    ]
    losers = (await staff.get("/v1/segments/tier/members?tier=loss")).json()["items"]
    assert [(one["customer_id"], one["value"] < 0) for one in losers] == [(str(made[8]), True)]


async def test_key_customers_are_the_top_tier(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    made = await _firm(service, customer)
    items = (await staff.get("/v1/key-customers")).json()["items"]
    assert [(one["customer_id"], one["tier"]) for one in items] == [(str(made[0]), "top")]
    entered = [one for one in await service.published(SegmentChanged) if one.data.segment == "key-customers"]
    assert [(one.subject, one.data.direction, one.data.members) for one in entered] == [
        (made[0], "entered", (made[0],))
    ]
    summary = (await staff.get("/v1/segments/key-customers/summary")).json()
    assert (summary["customers"], [one["tier"] for one in summary["tiers"]]) == (1, ["top"])


async def test_moves_tell_who_came_to_a_tier_and_when(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    await service.apply(an_order(one, 50_000_000))
    await settle(service)
    await service.apply(an_order(one, 42_000_000))
    await settle(service)
    moves = (await staff.get("/v1/tiers/moves")).json()["items"]
    assert [(move["previous_tier"], move["tier"], move["direction"]) for move in moves] == [
        ("middle", "top", "up"),
        ("none", "middle", "up"),
    ]
    assert [move["id"] for move in (await staff.get("/v1/tiers/moves?tier=top")).json()["items"]] == [moves[0]["id"]]


async def test_a_ranking_goes_on_over_its_pages_and_leaves_the_unrated_out(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    made = await _firm(service, customer)
    found: list[tuple[int, str, int]] = []
    url: str | None = "/v1/rankings?limit=4"
    while url:
        answer = await staff.get(url)
        found += [(one["rank"], one["customer_id"], one["value"]) for one in answer.json()["items"]]
        url = answer.links["next"]["url"] if "next" in answer.links else None
    assert [one for _, one, _ in found[:2]] == [str(made[0]), str(made[1])]
    assert sorted(one for _, one, _ in found) == sorted(str(one) for one in made[:9])
    assert [value for *_, value in found] == sorted((value for *_, value in found), reverse=True)
    assert found[0][0] == 1


async def test_the_pyramid_gives_the_share_of_the_leading_fifth(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    await _firm(service, customer)
    report = (await staff.get("/v1/reports/pareto")).json()
    assert (report["customers"], report["losing"], report["unrated"]) == (9, 1, 1)
    assert (report["leading"], report["leading_profit_minor"]) == (1, 27_600_000)
    assert report["leading_share_bp"] == 27_600_000 * 10_000 // report["profit_minor"]
    assert report["loss_minor"] == -300_000


async def test_an_empty_firm_has_tiers_and_no_share(staff: httpx.AsyncClient) -> None:
    assert [one["customers"] for one in (await staff.get("/v1/tiers")).json()["items"]] == [0] * 5
    assert (await staff.get("/v1/reports/pareto")).json()["leading_share_bp"] is None


async def test_unknown_segments_and_tiers_are_404(staff: httpx.AsyncClient) -> None:
    assert (await staff.get("/v1/segments/nobody/members")).status_code == 404
    assert (await staff.get("/v1/treatments?tier=nobody")).status_code == 404


async def test_segments_are_listed_with_their_rules(staff: httpx.AsyncClient) -> None:
    body = (await staff.get("/v1/segments")).json()
    assert [one["id"] for one in body["items"]] == ["tier", "key-customers"]


async def test_a_cursor_of_another_list_is_refused(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    await _firm(service, customer)
    cursor = (await staff.get("/v1/rankings?limit=1")).json()["next"]
    assert (await staff.get("/v1/key-customers", params={"cursor": cursor})).status_code == 422
