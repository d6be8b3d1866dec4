"""The table of capabilities tells the truth: each door exists, each test exists and goes through that door."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "capabilities.md"
ROW = re.compile(r"\| ([PICSNXD]\d+) \| `(.+?)` \| `([^`|]+)` \|")
ROUTE = re.compile(r"(?:(?:GET|POST|PUT|PATCH|DELETE) )?(/v1/[^\s,?`()]*)")
EVENT = re.compile(r"guanxi\.(inbound|directory|organisation|reports|[a-z]+)")
COMMAND = re.compile(r"guanxi (import|source|demo|up)\b")
FIRST_ISSUE = [
    "P1",
    "P2",
    "P3",
    "P4",
    "P5",
    "P6",
    "P7",
    "P9",
    "P10",
    "P11",
    "P13",
    "P14",
    "P16",
    "P23",
    "P25",
    "P44",
    "I1",
    "I2",
    "I3",
    "I4",
    "I5",
    "I44",
    "I53",
    "I54",
    "I55",
    "C1",
    "C3",
    "C4",
    "C5",
    "C6",
    "C22",
    "S1",
    "S7",
    "S16",
    "S27",
    "S28",
    "S30",
    "S37",
    "N1",
    "N3",
    "N9",
    "N16",
    "X4",
    "X13",
    "D1",
    "D3",
    "D4",
    "D6",
    "D7",
    "D8",
    "D13",
]


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
def templates() -> frozenset[str]:
    """Every route of the five services, with its parameters unnamed."""
    documents = (ROOT / "docs" / "contracts" / "openapi").glob("*.json")
    paths = {path for document in documents for path in json.loads(document.read_text())["paths"]}
    return frozenset(_unnamed(path) for path in paths)


def _unnamed(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def test_every_capability_named_so_far_has_a_row() -> None:
    missing = set(FIRST_ISSUE) - {row.id for row in rows()}
    assert not missing


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.id} {row.door}")
def test_the_door_exists(row: Row) -> None:
    routes = ROUTE.findall(row.door)
    assert routes or EVENT.search(row.door) or COMMAND.search(row.door), f"{row.door} is no route, event or command"
    unknown = [route for route in routes if _unnamed(route) not in templates()]
    assert not unknown


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.id} {row.test}")
def test_the_test_exists(row: Row) -> None:
    file, _, name = row.test.partition("::")
    tree = ast.parse((ROOT / file).read_text())
    functions = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    assert name in functions
    assert "/unit/" not in file, "a unit test goes through no door"
