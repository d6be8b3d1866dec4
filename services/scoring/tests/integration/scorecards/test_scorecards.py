"""Published rules are what the package's files say, and can be read by whoever is scored by them."""

from __future__ import annotations

import httpx
import pytest

from guanxi.testing import Harness
from scoring.scorecards import files

from ..conftest import MakeCustomer, a_contact, settle
from ..rehearsals.steps import explanation, publish, rehearsed

pytestmark = pytest.mark.asyncio


async def test_every_file_in_force_is_published_as_it_is(staff: httpx.AsyncClient) -> None:
    items = (await staff.get("/v1/scorecards")).json()["items"]
    assert {(one["kind"], one["version"], one["status"]) for one in items} >= {
        (kind, version, "published") for kind, version in files.NEWEST.items()
    }
    for kind, version in files.NEWEST.items():
        body = (await staff.get(f"/v1/scorecards/{kind}/versions/{version}")).json()["body"]
        assert body == files.body(kind, version)


@pytest.mark.parametrize("path", ["trust/versions/99", "trust/versions/0", "wealth/versions/1"])
async def test_what_was_never_published_is_404(staff: httpx.AsyncClient, path: str) -> None:
    assert (await staff.get(f"/v1/scorecards/{path}")).status_code == 404


async def test_what_a_firm_has_published_holds_when_a_release_ships_a_file_of_that_number(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await customer()
    await service.apply(a_contact(one))
    await settle(service)
    await publish(service, await rehearsed(service, staff, "trust", {"base": 60}))
    monkeypatch.setitem(files.NEWEST, "trust", 3)
    shown = await explanation(staff, one, "trust")
    assert (shown["version"], shown["value"]) == (3, 60)
