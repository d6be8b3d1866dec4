"""Samples of every release are read for ever, and are what the published schemas allow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from guanxi.events import fact_types, parse
from guanxi.events.inbound import check_inbound

CONTRACTS = Path(__file__).parents[4] / "docs" / "contracts"
SAMPLES = sorted((CONTRACTS / "samples").glob("*/*.json"))


def ids(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


def events(path: Path) -> list[dict[str, Any]]:
    return list(json.loads(path.read_text(encoding="utf-8")).values())


def test_every_type_has_a_sample() -> None:
    assert {path.parent.name for path in SAMPLES} >= set(fact_types())


@pytest.mark.parametrize("path", SAMPLES, ids=ids)
def test_a_sample_is_read_without_loss(path: Path) -> None:
    for event in events(path):
        if event["type"].startswith("guanxi.inbound."):
            checked = check_inbound(event["type"], event["data"])
            assert checked.errors == checked.warnings == ()
            assert checked.model is not None
            read = checked.model.model_dump(mode="json", exclude_unset=True)
        else:
            read = parse(json.dumps(event)).data.model_dump(mode="json", exclude_unset=True)
        assert read == event["data"]


@pytest.mark.parametrize("path", SAMPLES, ids=ids)
def test_a_sample_is_valid_by_the_published_schema(path: Path) -> None:
    schema = json.loads((CONTRACTS / "schemas" / f"{path.parent.name}.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema, format_checker=FormatChecker())

    for event in events(path):
        assert [error.message for error in validator.iter_errors(event)] == []


def test_the_schema_of_an_inbound_report_is_as_strict_as_the_door() -> None:
    schema = json.loads((CONTRACTS / "schemas/guanxi.inbound.ContactReported.v1.json").read_text(encoding="utf-8"))
    event = events(CONTRACTS / "samples/guanxi.inbound.ContactReported.v1/0.1.0.json")[0]
    event["data"] |= {"direction": "sideways", "mood": "calm"}

    messages = [error.message for error in Draft202012Validator(schema).iter_errors(event)]

    assert len(messages) == 2
    assert any("sideways" in message for message in messages)
    assert any("mood" in message for message in messages)
