"""B: no list of a dealer shows what belongs to another one, whatever it is asked by."""

from __future__ import annotations

import pytest

from attacks.doors import ROUTES, Route
from attacks.ground import Ground, post
from attacks.verdict import honest

pytestmark = pytest.mark.asyncio(loop_scope="session")

_LISTS = [
    route
    for route in ROUTES
    if route.method == "GET"
    and not route.public
    and not route.places
    and "stream" not in route.path
    and "/ops/" not in route.path
]


@pytest.mark.smoke
@pytest.mark.parametrize("route", _LISTS, ids=[route.name for route in _LISTS])
async def test_no_list_of_another_dealer_shows_it(ground: Ground, route: Route) -> None:
    filters = {p["name"] for p in route.operation.get("parameters", ()) if p["in"] == "query"}
    asked = [{}, *({name: ground.ids[name]} for name in filters if name in ground.ids and name != "kind")]
    for query in asked:
        answer = honest(await ground.other.get(route.path, params=query))
        assert answer.status_code in (200, 403, 404, 422), answer.text
        shown = [value for name, value in ground.ids.items() if len(value) == 36 and value in answer.text and name]
        if query and answer.status_code != 200:
            shown = [value for value in shown if value not in query.values()]
        assert not shown, (query, answer.text[:500])


async def test_no_list_is_read_on_from_the_cursor_of_another(ground: Ground) -> None:
    for _ in range(2):
        await post(ground.own, "customers", {"kind": "person", "name": "Mine too"})
    cursor = (await ground.own.get("/v1/customers", params={"limit": 1})).json()["next"]
    answer = honest(await ground.other.get("/v1/customers", params={"cursor": cursor}))
    assert answer.status_code in (200, 422), answer.text
    assert "Mine" not in answer.text
