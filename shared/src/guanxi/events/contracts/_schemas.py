"""JSON Schemas (2020-12) of each type: its data, and the whole event around it."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import CoreSchema

from guanxi.events._envelope import Event, Fact

Json = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TEXT = {"type": "string", "minLength": 1}
_INBOUND_PROPERTIES: Json = {
    "specversion": {"const": "1.0"},
    "id": {**_TEXT, "description": "Unique within the source: a repeat is a duplicate."},
    "source": {**_TEXT, "description": "The publisher's name, the same as in its topic."},
    "subject": {**_TEXT, "description": "Our customer id; internal sources only."},
    "time": {"type": "string", "format": "date-time", "description": "When it happened."},
    "datacontenttype": {"const": "application/json"},
    "dataschema": _TEXT,
}
_INBOUND_REQUIRED = ["specversion", "id", "source", "type", "data"]


class _Untitled(GenerateJsonSchema):
    """Leaves out the titles that only repeat a field's name."""

    def field_title_should_be_set(self, schema: CoreSchema) -> bool:
        """Never."""
        del schema
        return False


def data_schema(fact: type[Fact]) -> Json:
    """The schema of a type's data; inbound ones are closed as the door is, all others open as reading is."""
    return deepcopy(_data_schema(fact))


@cache
def _data_schema(fact: type[Fact]) -> Json:
    schema = fact.model_json_schema(schema_generator=_Untitled)
    _settle_vocabularies(schema, closed=fact.TOPIC == "inbound")
    return {"$id": f"urn:guanxi:schema:{fact.TYPE}", **schema}


def event_schema(fact: type[Fact]) -> Json:
    """The schema of the whole event; its data is `$defs/data`."""
    inbound = fact.TOPIC == "inbound"
    return {
        "$schema": DIALECT,
        "$id": f"urn:guanxi:event:{fact.TYPE}",
        "title": fact.TYPE,
        "description": fact.__doc__ or "",
        "type": "object",
        "properties": {
            **(_INBOUND_PROPERTIES if inbound else _own_properties()),
            "type": {"const": fact.TYPE},
            **({} if inbound else {"dataschema": {"const": f"urn:guanxi:schema:{fact.TYPE}"}}),
            "data": {"$ref": f"urn:guanxi:schema:{fact.TYPE}"},
        },
        "required": _INBOUND_REQUIRED if inbound else [*_own_required(), "data"],
        "$defs": {"data": data_schema(fact)},
    }


@cache
def _own_properties() -> Json:
    schema = Event.model_json_schema(schema_generator=_Untitled)
    properties = {name: _present(prop) for name, prop in schema["properties"].items() if name != "data"}
    properties["time"]["description"] = "When it happened."
    properties["recordedtime"]["description"] = "When we learned of it."
    properties["sequence"]["description"] = "Version of the aggregate after it."
    properties["subject"]["description"] = "The customer; absent where there is none."
    return properties


def _own_required() -> list[str]:
    names = Event.model_fields
    return [name for name, field in names.items() if name != "data" and (field.is_required() or name == "specversion")]


def _present(prop: Json) -> Json:
    """A property as it lies on the wire, where absent fields are left out and never null."""
    kinds = [kind for kind in prop.get("anyOf", ()) if kind != {"type": "null"}]
    found = kinds[0] if kinds else prop
    return {key: value for key, value in found.items() if key != "default"}


def _settle_vocabularies(node: object, *, closed: bool) -> None:
    if isinstance(node, list):
        for item in node:
            _settle_vocabularies(item, closed=closed)
    if not isinstance(node, dict):
        return
    if "x-closed-values" in node:
        node["enum" if closed else "x-known-values"] = node.pop("x-closed-values")
    if closed and "properties" in node and node.get("type") == "object":
        node["additionalProperties"] = False
    for value in node.values():
        _settle_vocabularies(value, closed=closed)
