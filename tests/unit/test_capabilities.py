"""The table of capabilities names what there is: routes with their methods, events, commands, and tests by name.

Whether a test goes through its row's door is for its reader; only that it is no unit test is checked.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import typer
import yaml

from guanxi.events import fact_types
from guanxi.events.inbound import inbound_types
from guanxi_local.cli import app

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "capabilities.md"
ROW = re.compile(r"\| ([PICSNXD]\d+) \| `(.+?)` \| `([^`|]+)` \|")
ROUTE = re.compile(r"((?:[A-Z]+ )*)(/(?:v1|track|why)/[^\s?]+)?(\?\S+)?")
REMARK = re.compile(r" \([^)]*\)")
PUBLISHERS_TOPIC = "Kafka guanxi.inbound.SOURCE"
FIRST_ISSUE = (
    "P1 P2 P3 P4 P5 P6 P7 P9 P10 P11 P13 P14 P16 P23 P25 P44 I1 I2 I3 I4 I5 I44 I53 I54 I55 C1 C3 C4 C5 C6 C22 "
    "S1 S7 S16 S27 S28 S30 S37 N1 N3 N9 N16 X4 X13 D1 D3 D4 D6 D7 D8 D13"
)
FIRST_HOUR = (
    "P8 D2 D1 S1 S28 S30 S31 P30 C12 C15 C16 C17 C22 D10 D13 I14 I46 I53 I54 D6 D7 I9 I10 I11 I12 I13 S2 S9 "
    "I33 I35 I36 I37 C3 C4 C5 C6 C8 D3 D4 D5 D14 S44 S45 C21 I52 C18 S21 S50 S66 C11 C19 N6 N7 N16 D11 N1 N2 "
    "D12 X1 D17 P1 S10 S11 S12 S13 S15 S16 S17 S18 S20 S26 D9"
)


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    id: str
    door: str
    test: str


def rows() -> list[Row]:
    """All rows; a line that looks like one and is none fails."""
    lines = [line for line in TABLE.read_text().splitlines() if re.match(r"\| [A-Z]\d+ \|", line)]
    found = [ROW.fullmatch(line) for line in lines]
    assert all(found), [line for line, match in zip(lines, found, strict=True) if not match]
    return [Row(*match.groups()) for match in found if match]


@cache
def routes() -> dict[tuple[str, str], frozenset[str]]:
    """Every route of the five services by method and path, its parameters unnamed; with the names of its query."""
    found = {}
    for document in (ROOT / "docs" / "contracts" / "openapi").glob("*.json"):
        for path, operations in json.loads(document.read_text())["paths"].items():
            for method, operation in operations.items():
                asked = [one for one in operation.get("parameters", []) if one.get("in") == "query"]
                found[method.upper(), _unnamed(path)] = frozenset(one["name"] for one in asked)
    return found


@cache
def events() -> frozenset[str]:
    """Every type of event and every topic."""
    topics = yaml.safe_load((ROOT / "deploy" / "topics.yaml").read_text())["topics"]
    return frozenset({*fact_types(), *inbound_types(), *(topic["name"] for topic in topics), PUBLISHERS_TOPIC})


@cache
def commands() -> frozenset[str]:
    """Every command of the command line."""
    return frozenset(_commands("guanxi", typer.main.get_command(app)))


def _commands(name: str, command: object) -> Iterator[str]:
    inside: Mapping[str, object] = getattr(command, "commands", {})
    if not inside:
        yield name
    for word, one in inside.items():
        yield from _commands(f"{name} {word}", one)


def _unnamed(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def strangers(door: str) -> list[str]:
    """The parts of a door that lead nowhere.

    A path without a method has that of the part before; a query alone belongs to the routes before it.
    """
    found: list[str] = []
    methods: list[str] = []
    path = ""
    for part in REMARK.sub("", door).split(", "):
        match = ROUTE.fullmatch(part)
        if not match or not any(match.groups()):
            found += [] if part in events() | commands() else [part]
            continue
        methods, path = match[1].split() or methods, _unnamed(match[2] or path)
        asked = {one.partition("=")[0] for one in (match[3] or "?")[1:].split("&") if one}
        known = [routes().get((method, path)) for method in methods]
        if not known or any(names is None or not asked <= names for names in known):
            found.append(part)
    return found


def test_every_capability_named_so_far_has_a_row() -> None:
    missing = {*FIRST_ISSUE.split(), *FIRST_HOUR.split()} - {row.id for row in rows()}
    assert not missing


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.id} {row.door}")
def test_the_door_exists(row: Row) -> None:
    assert strangers(row.door) == []


@pytest.mark.parametrize(
    "door",
    [
        "guanxi.nonsense.NoSuch.v1",
        "guanxi.reports.NoSuchReported.v1",
        "guanxi.nonsense",
        "guanxi nonsense",
        "guanxi source",
        "DELETE /v1/customers",
        "GET /v1/nonsense",
        "/v1/customers",
        "GET /v1/customers?nonsense=",
        "nonsense",
    ],
)
def test_a_door_that_leads_nowhere_is_noticed(door: str) -> None:
    assert strangers(door) == [door]
    assert strangers(f"guanxi import, {door}, guanxi source add") == [door]


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.id} {row.test}")
def test_the_test_exists(row: Row) -> None:
    file, _, name = row.test.partition("::")
    tree = ast.parse((ROOT / file).read_text())
    functions = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    assert name in functions
    assert "/unit/" not in file, "a unit test goes through no door"
