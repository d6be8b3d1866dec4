"""B: each route that names an object, asked by its own unit, by another dealer, by a department and by nobody.

To another dealer an object of a stranger is as if it were not there: same status, same body but for the address.
"""

from __future__ import annotations

import pytest

from attacks.doors import Route
from attacks.ground import Ground, ask, query_of
from attacks.of_the_firm import COMMON, OBJECTS, OF_THE_FIRM
from attacks.verdict import refused, shape
from support.waiting import Problem, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("route", OBJECTS, ids=[route.name for route in OBJECTS])
async def test_nobody_gets_in_without_a_token(ground: Ground, route: Route) -> None:
    answer = await ask(ground, "nobody", route, route.at(ground.values(route)))
    if not route.public:
        refused(answer, 401)


@pytest.mark.smoke
@pytest.mark.parametrize("route", OBJECTS, ids=[route.name for route in OBJECTS])
async def test_to_another_dealer_it_is_not_there(ground: Ground, route: Route) -> None:
    if route.public:
        pytest.skip("strangers may call it: what is in its path is the secret")
    if route.name in OF_THE_FIRM:
        pytest.skip("no dealer has such a thing")
    query = query_of(ground, route)
    foreign, missing = route.at(ground.values(route)) + query, route.at(_missing(ground, route)) + query
    there = await ask(ground, "other", route, foreign)
    nowhere = await ask(ground, "other", route, missing)
    assert there.status_code == nowhere.status_code, (there.text, nowhere.text)
    assert there.status_code in (403, 404), there.text
    assert shape(there.json()) == shape(nowhere.json())
    assert there.headers.keys() == nowhere.headers.keys()


async def test_each_route_has_an_object_of_the_first_dealer_or_is_named_as_one_that_has_none(ground: Ground) -> None:
    without = {
        route.name
        for route in OBJECTS
        if not route.public and (route.places[0] in COMMON or not ground.ids.get(route.places[0]))
    }
    assert without == OF_THE_FIRM


def _missing(ground: Ground, route: Route) -> dict[str, str]:
    return {place: ground.ids[place] for place in route.places if place in ("n", "kind")}


_READS = [route for route in OBJECTS if route.method == "GET" and not route.public and "ops" not in route.path]


@pytest.mark.parametrize("who", ["own", "department"])
@pytest.mark.parametrize("route", _READS, ids=[route.name for route in _READS])
async def test_to_its_own_unit_and_to_a_department_it_is_there(ground: Ground, route: Route, who: str) -> None:
    values = ground.values(route)
    if set(route.places) - values.keys() or route.places[0] in COMMON or not all(values.values()):
        pytest.skip(f"a dealer cannot make {' and '.join(route.places)}")
    of_the_firm = (route.service == "scoring" and "facts" not in route.path) or "alert_id" in route.places
    if who == "own" and of_the_firm:
        refused(await ask(ground, who, route, route.at(values) + query_of(ground, route)), 404)
        return

    async def look() -> Problem:
        answer = await ask(ground, who, route, route.at(values) + query_of(ground, route))
        return None if answer.status_code in (200, 403) else f"{answer.status_code} {answer.text}"

    await eventually(look, 20)
