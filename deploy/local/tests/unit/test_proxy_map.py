"""The stock proxy's map decides as the local gateway does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from guanxi_local.proxy_map import map_file, read_contracts, rules, write_map
from guanxi_local.routes import build, templates

CONTRACTS = read_contracts()
RULES = [(re.compile(expression), owner) for expression, owner in rules(CONTRACTS)]
MADE_UP: dict[str, dict[str, Any]] = {
    "a": {"paths": {"/v1/x/{id}": {}, "/v1/x/{id}/y/{n}": {}, "/v1/{any}/z/y": {}}},
    "b": {"paths": {"/v1/x/special": {}, "/v1/x/special/{n}/{m}": {}, "/v1/x/{id}/y/best": {}}},
}


def decide(made: list[tuple[re.Pattern[str], str]], address: str) -> str | None:
    owner = next((owner for expression, owner in made if expression.search(address)), "none")
    return None if owner == "none" else owner


def test_the_committed_map_is_that_of_the_contracts() -> None:
    assert map_file().read_text() == write_map(CONTRACTS), "make contracts writes it anew"


@pytest.mark.parametrize("value", ["7", "a%2Fb", "special", "山", "..."])
def test_it_finds_the_owner_of_every_template(value: str) -> None:
    routes = build(CONTRACTS)
    for document in CONTRACTS.values():
        for template in templates(document):
            path = re.sub(r"\{[^}]*\}", value, template)
            assert decide(RULES, path) == routes.owner(path), path
            assert decide(RULES, f"{path}?at=1/2") == routes.owner(path), path


@pytest.mark.parametrize(
    "path",
    [
        "/v1/x/special", "/v1/x/other", "/v1/x/special/y/best", "/v1/x/special/y/9", "/v1/x/1/y/best", "/v1/x/1/y/2",
        "/v1/x/z/y", "/v1/q/z/y", "/v1/x//y/1", "/v1/x/", "/v1/x/1/", "/v2/x/1",
    ],
)  # fmt: skip
def test_literal_segments_come_first_as_in_the_gateway(path: str) -> None:
    made = [(re.compile(expression), owner) for expression, owner in rules(MADE_UP)]
    assert decide(made, path) == build(MADE_UP).owner(path)


@pytest.mark.parametrize(
    "path",
    [
        "/metrics", "/livez", "/openapi.json", "/v1", "/v1/customers/", "/v1/customers/..", "/v1/customers/%2e%2E",
        "/v1/customers/./7", "/v1/../metrics", "/v1/customers/.?x=1",
    ],
)  # fmt: skip
def test_what_belongs_to_nobody_stays_outside(path: str) -> None:
    assert decide(RULES, path) is None
    assert build(CONTRACTS).owner(path.partition("?")[0]) is None
