"""Golden samples: for each type one event with every field and one with as few as it may have, always the same."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from guanxi.events._envelope import OWNERS, Fact
from guanxi.events.contracts._schemas import Json, data_schema

HAPPENED = "2026-03-31T01:30:00Z"
LEARNED = "2026-03-31T01:30:02Z"

_MILLISECONDS = 1_774_920_600_000  # HAPPENED, as a UUIDv7 holds it
_WITHOUT_CUSTOMER = frozenset({"UnitState", "EmployeeState", "TerritoryState", "EmployeeLeft", "Watermark"})
_PERHAPS_ANONYMOUS = ("Complaint", "Deadline", "Opinion", "Mention")
"""The smallest sample of these has no customer."""
_NEEDED_TOGETHER = {
    "ComplaintReported": ("cause",),
    "ComplaintReportedCorrected": ("cause",),
    "ReportedLine": ("sku", "amount_minor"),
}
"""Optional fields of which the door wants one: the smallest sample carries these."""
_PYTHON: dict[str, type] = {"string": str, "integer": int, "array": list}
_BY_FIELD: Json = {
    "unit": "taiyuan",
    "source": "dealer-17",
    "holder_unit": "logistics",
    "from_unit": "finance",
    "to_unit": "logistics",
    "fulfilling_unit": "logistics",
    "parent": "head-office",
    "service_level": "standard",
    "number": "C-2026-000017",
    "external_customer": "TY-0042",
    "questionnaire": "delivery-card",
    "item": "delivery",
    "platform": "weibo",
    "way": "telephone",
    "hours": "9:00-12:00",
    "industry": "coal mining",
    "size": "500 staff",
    "acquisition_source": "trade fair",
    "rival_named": "another maker",
    "cue": "said fine, was not",
    "purpose": "anniversary gifts",
    "evidence": "signed order form",
    "code": "taiyuan",
    "province": "山西",
    "district": "小店區",
    "line": "長風街 1",
    "postcode": "030006",
    "unit_price_minor": 42_000,
    "discount_minor": 2_000_000,
    "tax_minor": 2_400_000,
    "shipping_minor": 100_000,
    "total_minor": 42_500_000,
    "closes": 1080,
    "days_late": 0,
    "message_class": "service",
    "template": "complaint-receipt",
    "intent": "complaint-receipt",
    "cause_type": "guanxi.complaints.ComplaintFiled.v1",
    "changed": ["phones"],
    "segment": "value-tier",
    "tier": "top",
    "previous_tier": "middle",
    "band": "strained",
    "previous_band": "steady",
    "previous_value": 74,
    "version": "2026.1",
    "points": -13,
}


def sample(fact: type[Fact], *, full: bool) -> Json:
    """One event of the type, as on the wire."""
    schema = data_schema(fact)
    data = _object(schema, schema, fact.__name__, full=full)
    if fact.TOPIC == "inbound":
        return {
            "specversion": "1.0",
            "id": "2026-03-31/17",
            "source": "dealer-17",
            "type": fact.TYPE,
            "time": HAPPENED,
            "data": data,
        }
    aggregate = made_up_id(f"{fact.TYPE} aggregate")
    return {
        "specversion": "1.0",
        "id": made_up_id(f"{fact.TYPE} {full}"),
        "source": f"/guanxi/{OWNERS[fact.TOPIC]}",
        "type": fact.TYPE,
        **({"subject": made_up_id("customer")} if _has_subject(fact.__name__, full=full) else {}),
        "time": HAPPENED,
        "datacontenttype": "application/json",
        "dataschema": f"urn:guanxi:schema:{fact.TYPE}",
        "aggregateid": aggregate,
        "sequence": 1,
        "recordedtime": LEARNED,
        **({"causationid": "2026-03-31/17", "correlationid": made_up_id("correlation")} if full else {}),
        "data": data,
    }


def made_up_id(name: str) -> str:
    """A UUIDv7 that depends on the name alone."""
    tail = int.from_bytes(hashlib.sha256(name.encode()).digest()[:10])
    value = _MILLISECONDS << 80 | tail & ~(0xF << 76) & ~(0x3 << 62) | 7 << 76 | 2 << 62
    return str(UUID(int=value))


def _has_subject(name: str, *, full: bool) -> bool:
    return name not in _WITHOUT_CUSTOMER and (full or not name.startswith(_PERHAPS_ANONYMOUS))


def _object(schema: Json, root: Json, title: str, *, full: bool) -> Json:
    wanted = {*schema.get("required", ()), *_NEEDED_TOGETHER.get(title, ())}
    chosen = {name: prop for name, prop in schema.get("properties", {}).items() if full or name in wanted}
    return {name: _value(prop, root, name, full=full) for name, prop in chosen.items()}


def _value(schema: Json, root: Json, name: str, *, full: bool) -> Any:
    if "$ref" in schema:
        title = schema["$ref"].rsplit("/", 1)[1]
        return _object(root["$defs"][title], root, title, full=full)
    if "anyOf" in schema:
        return _value(next(kind for kind in schema["anyOf"] if kind.get("type") != "null"), root, name, full=full)
    listed = [schema[key][0] for key in ("enum", "x-known-values") if key in schema]
    made_up = [_BY_FIELD[name]] if _fits(_BY_FIELD.get(name), schema["type"]) else []
    found = [*listed, *made_up, *schema.get("examples", ())]
    if found:
        return found[0]
    if schema.get("format") == "uuid":
        return made_up_id("customer" if name in {"customer_id", "canonical_id", "survivor_id"} else name)
    if schema["type"] == "array":
        few = full or schema.get("minItems", 0) > 0
        return [_value(schema["items"], root, name.removesuffix("s"), full=full)] if few else []
    return True if schema["type"] == "boolean" else "some text"


def _fits(value: object, kind: str) -> bool:
    return isinstance(value, _PYTHON.get(kind, ()))
