"""Which service a path belongs to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi_local.routes import ContestedTemplateError, Routes, build

LITERALS = ("v1", "customers", "interactions", "timeline", "x")
SEGMENT = st.one_of(st.sampled_from(LITERALS), st.sampled_from(("{id}", "{name}")))
TEMPLATE = st.lists(SEGMENT, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
PATH = st.lists(st.sampled_from((*LITERALS, "42", "a b")), min_size=1, max_size=4)


def is_parameter(segment: str) -> bool:
    return segment.startswith("{")


def matches(template: str, path: list[str]) -> bool:
    parts = template.split("/")[1:]
    return len(parts) == len(path) and all(is_parameter(t) or t == p for t, p in zip(parts, path, strict=True))


@given(templates=st.lists(TEMPLATE, max_size=12), path=PATH)
def test_the_template_with_the_earliest_literal_wins_among_all_that_match(
    templates: list[str], path: list[str]
) -> None:
    shapes = {tuple("{}" if is_parameter(s) else s for s in t.split("/")[1:]): t for t in templates}
    routes = Routes()
    for template in shapes.values():
        routes.add(template, owner=template)
    candidates = [t for t in shapes.values() if matches(t, path)]
    best = min(candidates, key=lambda t: [is_parameter(s) for s in t.split("/")[1:]], default=None)
    assert routes.owner("/" + "/".join(path).replace(" ", "%20")) == best


@given(template=TEMPLATE)
def test_a_template_of_two_services_is_refused(template: str) -> None:
    routes = Routes()
    routes.add(template, "complaints")
    routes.add(template, "complaints")
    with pytest.raises(ContestedTemplateError, match="also claimed by complaints"):
        routes.add(template.replace("{id}", "{other}"), "scoring")


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("/v1/customers/7", "customer-profile"),
        ("/v1/customers/7/timeline", "interactions"),
        ("/v1/customers/export", "customer-profile"),
        ("/v1/customers", None),
        ("/v1/customers/", None),
        ("/v1/customers/7/", None),
        ("/v1/customers//timeline", None),
        ("/v1/customers/7/timeline/8", None),
        ("/v1/customers/../timeline", None),
        ("/v1/customers/%2e%2e/timeline", None),
        ("/v1/customers/%2E/timeline", None),
        ("/v1/%63ustomers/7", "customer-profile"),
        ("/v1/customers/a%2Fb", "customer-profile"),
        ("/metrics", None),
        ("/livez", None),
        ("", None),
    ],
)
def test_paths_find_their_service(path: str, owner: str | None) -> None:
    profile: dict[str, dict[str, dict[str, str]]] = {
        "paths": {"/v1/customers/{id}": {}, "/v1/customers/export": {}, "/metrics": {}, "/livez": {}}
    }
    routes = build({"customer-profile": profile, "interactions": {"paths": {"/v1/customers/{id}/timeline": {}}}})
    assert routes.owner(path) == owner


def test_a_document_without_paths_claims_nothing() -> None:
    assert build({"scoring": {}}).owner("/v1/customers/7") is None
