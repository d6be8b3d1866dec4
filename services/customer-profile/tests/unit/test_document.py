"""The service's reference for strangers: each body that is asked for is shown."""

from __future__ import annotations

from typing import Any

import pytest

from customer_profile.app import SERVICE
from guanxi.service._app import openapi_document

DOCUMENT = openapi_document(SERVICE)
BODIES = [
    (f"{method} {path}", kind, content)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    for kind, content in operation.get("requestBody", {}).get("content", {}).items()
    if "/ops/" not in path
]


@pytest.mark.parametrize(("route", "kind", "content"), BODIES, ids=[f"{route} {kind}" for route, kind, _ in BODIES])
def test_every_body_has_an_example(route: str, kind: str, content: dict[str, Any]) -> None:
    schema = content["schema"]
    model = DOCUMENT["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
    assert "example" in content or model.get("examples"), (route, kind)


def test_the_preview_of_a_merge_is_told_of() -> None:
    answers = DOCUMENT["paths"]["/v1/merges"]["post"]["responses"]
    assert answers["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/MergePreview")
    assert "201" in answers


def test_what_a_change_leaves_out_has_no_default() -> None:
    patches = {name: schema for name, schema in DOCUMENT["components"]["schemas"].items() if name.endswith("Patch")}
    assert {"CustomerPatch", "EmployeePatch", "UnitPatch"} <= set(patches)
    assert not [
        (name, field) for name, one in patches.items() for field, s in one["properties"].items() if "default" in s
    ]
    assert "default" in DOCUMENT["components"]["schemas"]["NewRecord"]["properties"]["lifecycle"]
