"""All facts together: named right, read back as written, personal data tagged, money and times as agreed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from guanxi.events import OWNERS, Event, fact_types, parse
from guanxi.events.codes import COUNTRIES, CURRENCIES, MINOR_DIGITS
from guanxi.events.contracts import data_schema, sample
from guanxi.events.directory import CustomerState
from guanxi.events.personal import personal_fields

OWN = sorted(name for name, fact in fact_types().items() if fact.TOPIC != "inbound")
ALL = sorted(fact_types())

PERSONAL_NAMES = re.compile(
    r"(^|_)(name|phone|phones|email|emails|address|id_number|birth|birth_date|handle|employee|contact_person|promiser"
    r"|legal_representative|text|free_text|content|note|wish|what|reason_text|line|postcode|city|district|province)$"
)
NOT_A_PERSON = {
    "UnitState.name": "a department",
    "TerritoryState.name": "a territory",
    "lines[].name": "an article",
}


@pytest.mark.parametrize("name", ALL)
def test_types_are_named_for_their_owner_fact_and_version(name: str) -> None:
    fact = fact_types()[name]

    assert re.fullmatch(r"guanxi\.[a-z]+\.[A-Z][A-Za-z]+\.v1", name)
    assert name == f"guanxi.{fact.TOPIC}.{fact.__name__}.v1"
    assert fact.TOPIC in OWNERS
    assert fact.__doc__


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("name", OWN)
def test_an_event_reads_back_as_it_was_written(name: str, full: bool) -> None:  # noqa: FBT001 - a parameter of the test
    event = parse(json.dumps(sample(fact_types()[name], full=full)))

    assert type(event.data) is fact_types()[name]
    assert parse(event.to_json()) == event


@pytest.mark.parametrize("name", OWN)
def test_fields_of_a_later_release_are_ignored(name: str) -> None:
    later = sample(fact_types()[name], full=True)
    later["data"]["invented_later"] = {"deep": [1]}

    assert parse(json.dumps(later)) == parse(json.dumps(sample(fact_types()[name], full=True)))


@pytest.mark.parametrize("name", OWN)
def test_vocabularies_are_open_on_reading(name: str) -> None:
    later = sample(fact_types()[name], full=True)
    listed = [key for key, prop in _properties(name) if "x-known-values" in json.dumps(prop)]
    for key in set(listed) & set(later["data"]):
        later["data"][key] = "invented-later" if isinstance(later["data"][key], str) else later["data"][key]

    assert isinstance(parse(json.dumps(later)), Event)


@pytest.mark.parametrize("name", ALL)
def test_fields_that_sound_personal_are_tagged(name: str) -> None:
    fact = fact_types()[name]
    tagged = personal_fields(fact)
    texts = dict(_text_paths(data_schema(fact)))

    for path, leaf in texts.items():
        exempt = {f"{fact.__name__}.{path}", path} & set(NOT_A_PERSON)
        if PERSONAL_NAMES.search(leaf) and not exempt:
            assert path in tagged, f"{name}: {path} is not tagged Personal"


@pytest.mark.parametrize("name", ALL)
def test_tags_in_the_code_and_in_the_schema_are_the_same(name: str) -> None:
    fact = fact_types()[name]

    assert set(personal_fields(fact)) == {path for path, _ in _text_paths(data_schema(fact), only_tagged=True)}


@pytest.mark.parametrize("name", [name for name in OWN if not name.startswith(("guanxi.reports", "guanxi.directory"))])
def test_free_text_never_leaves_its_owner(name: str) -> None:
    assert "text" not in personal_fields(fact_types()[name]).values()


@pytest.mark.parametrize("name", ALL)
def test_money_is_whole_minor_units_beside_a_currency(name: str) -> None:
    schema = data_schema(fact_types()[name])
    money = [path for path, leaf in _paths(schema) if leaf.endswith("_minor")]

    assert not money or "currency" in schema["properties"]
    assert all('"x-unit": "minor units of currency"' in json.dumps(prop) for prop in _money_nodes(schema))


def test_an_erased_customer_leaves_nothing_personal_behind() -> None:
    state = CustomerState.model_validate(sample(CustomerState, full=True)["data"])

    last = state.erased().model_dump(exclude_defaults=True)

    assert last.keys() == {"id", "canonical_id", "status", "kind", "role", "unit"}
    assert last["status"] == "erased"
    assert not last.keys() & personal_fields(CustomerState).keys()


def test_code_lists_are_those_of_the_standards() -> None:
    assert len(COUNTRIES) == 249
    assert {"CNY", "EUR", "USD", "HKD", "JPY"} <= CURRENCIES
    assert not {"RMB", "XXX", "XAU", "XTS"} & CURRENCIES
    assert (MINOR_DIGITS["JPY"], MINOR_DIGITS["CNY"], MINOR_DIGITS["KWD"]) == (0, 2, 3)
    assert all(re.fullmatch("[A-Z]{3}", code) for code in CURRENCIES)


def _properties(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from data_schema(fact_types()[name]).get("properties", {}).items()


def _paths(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((path, leaf) for path, leaf, _ in _nodes(schema, schema, ""))


def _text_paths(schema: dict[str, Any], *, only_tagged: bool = False) -> Iterator[tuple[str, str]]:
    for path, leaf, node in _nodes(schema, schema, ""):
        if node.get("type") == "string" and node.get("format") != "uuid" and (not only_tagged or "x-personal" in node):
            yield path, leaf


def _money_nodes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (node for _, leaf, node in _nodes(schema, schema, "") if leaf.endswith("_minor"))


def _nodes(node: dict[str, Any], root: dict[str, Any], path: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, last field name and schema of every scalar below a schema."""
    if "$ref" in node:
        yield from _nodes(root["$defs"][node["$ref"].rsplit("/", 1)[1]], root, path)
    elif "anyOf" in node:
        for kind in node["anyOf"]:
            if kind.get("type") != "null":
                yield from _nodes({**kind, **{k: v for k, v in node.items() if k == "x-personal"}}, root, path)
    elif "properties" in node:
        for name, prop in node["properties"].items():
            yield from _nodes(prop, root, f"{path}.{name}" if path else name)
    elif node.get("type") == "array":
        yield from _nodes(node["items"], root, f"{path}[]")
    else:
        yield path, path.rsplit(".", 1)[-1].removesuffix("[]"), node
