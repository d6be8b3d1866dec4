"""The additive-only rule, one failing example for each way to break it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from guanxi.events import fact_types
from guanxi.events.contracts import breaks, data_schema
from guanxi.events.interactions import OrderPlaced

BEFORE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "kind", "lines"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "count": {"type": "integer", "minimum": 0, "maximum": 10},
        "note": {"anyOf": [{"type": "string", "maxLength": 20}, {"type": "null"}], "default": None},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
    },
    "$defs": {
        "Line": {
            "type": "object",
            "required": ["sku"],
            "properties": {"sku": {"type": "string"}, "next": {"$ref": "#/$defs/Line"}},
        }
    },
}


def changed(path: str, value: object) -> dict[str, Any]:
    """BEFORE with `value` at a path; None takes the key out."""
    after = copy.deepcopy(BEFORE)
    target: Any = after
    *way, last = path.split("/")
    for step in way:
        target = target[int(step) if step.isdigit() else step]
    if value is None:
        del target[last]
    else:
        target[last] = value
    return after


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("properties/count", None, "count: removed"),
        ("$defs/Line/properties/sku", None, "lines[].sku: removed"),
        ("required", ["id", "kind", "lines", "count"], "count: newly required"),
        ("$defs/Line/required", ["sku", "next"], "lines[].next: newly required"),
        ("properties/count/type", "string", "count: no longer takes integer"),
        ("properties/note", {"type": "string", "maxLength": 20}, "note: no longer takes null"),
        ("properties/lines", {"type": "object", "properties": {}}, "lines: no longer takes array"),
        ("properties/kind/enum", ["a"], "kind: no longer takes b"),
        ("properties/kind", {"const": "a", "type": "string"}, "kind: no longer takes b"),
        ("$defs/Line/properties/sku/enum", ["x"], "lines[].sku: narrowed to a closed list"),
        ("properties/count/maximum", 9, "count: maximum narrowed to 9"),
        ("properties/count/minimum", 1, "count: minimum narrowed to 1"),
        ("properties/note/anyOf/0/maxLength", 19, "note: maxLength narrowed to 19"),
        ("properties/lines/maxItems", 5, "lines: maxItems narrowed to 5"),
        ("properties/id/format", "date", "id: format changed"),
        ("$defs/Line/properties/sku/pattern", "^[a-z]+$", "lines[].sku: pattern changed"),
        ("additionalProperties", False, "data: unknown fields are no longer taken"),
    ],
)
def test_says_what_an_old_event_would_stumble_over(path: str, value: object, said: str) -> None:
    assert breaks(BEFORE, changed(path, value)) == [said]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("properties/new", {"type": "string"}),
        ("$defs/Line/properties/new", {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ("required", ["id"]),
        ("properties/kind/enum", ["a", "b", "c"]),
        ("properties/kind", {"type": "string"}),
        ("properties/count", {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        ("properties/count/maximum", 11),
        ("properties/note/anyOf/0/maxLength", None),
        ("properties/id/format", None),
        ("properties/id/description", "another text"),
    ],
)
def test_allows_what_takes_every_old_event(path: str, value: object) -> None:
    assert breaks(BEFORE, changed(path, value)) == []


def test_follows_a_schema_that_moved_into_its_own_definition() -> None:
    after = changed("properties/count", {"$ref": "#/$defs/Count"})
    after["$defs"]["Count"] = {"type": "integer", "minimum": 5, "maximum": 10}

    assert breaks(BEFORE, after) == ["count: minimum narrowed to 5"]


@pytest.mark.parametrize("name", sorted(fact_types()))
def test_no_type_breaks_itself(name: str) -> None:
    schema = data_schema(fact_types()[name])

    assert breaks(schema, copy.deepcopy(schema)) == []


def test_sees_a_field_taken_out_of_a_real_fact() -> None:
    schema = data_schema(OrderPlaced)
    later = copy.deepcopy(schema)
    del later["$defs"]["OrderLine"]["properties"]["margin_bp"]
    later["required"].append("way")

    assert breaks(schema, later) == ["way: newly required", "lines[].margin_bp: removed"]
