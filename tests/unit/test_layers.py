"""Inside a resource: api and handlers call usecases, usecases call rules and store; nobody reads another's store."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("customer_profile", "interactions", "complaints", "scoring", "notifications")
# What each file of a resource may import of its own resource and of others.
OWN = {
    "api": {"usecases", "schemas", "rules"},
    "handlers": {"usecases", "schemas", "rules"},
    "usecases": {"rules", "store", "schemas", "tables"},
    "store": {"tables", "rules", "schemas"},
    "schemas": {"rules"},
    "tables": set(),
    "rules": set(),
}
OTHERS = {
    "api": {"schemas", "usecases", "rules"},
    "handlers": {"usecases", "rules"},
    "usecases": {"usecases", "rules", "schemas"},
    "store": {"tables", "rules"},
    "schemas": {"schemas", "rules"},
    "tables": {"tables"},
    "rules": {"rules"},
}


def imports(path: Path) -> Iterator[str]:
    """Each dotted name a file imports: modules, and what is taken from them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def violations(service: str, resource: str, layer: str, names: Iterator[str]) -> list[str]:
    """The imports of one file that its layer does not allow."""
    found = set()
    for name in names:
        parts = name.split(".")
        if len(parts) < 3 or parts[0] != service or parts[2] not in OWN:
            continue
        allowed = (OWN if parts[1] == resource else OTHERS)[layer]
        if parts[2] not in allowed:
            found.add(".".join(parts[:3]))
    return sorted(found)


def files() -> list[tuple[str, str, str, Path]]:
    """Every file of a resource with a fixed name."""
    rows = []
    for service in SERVICES:
        source = ROOT / "services" / service.replace("_", "-") / "src" / service
        rows += [(service, path.parent.name, path.stem, path) for path in source.glob("*/*.py") if path.stem in OWN]
    return rows


CASES = [pytest.param(*row, id=str(row[3].relative_to(ROOT))) for row in files()]


@pytest.mark.parametrize(("service", "resource", "layer", "path"), CASES)
def test_a_file_imports_only_what_lies_below_it(service: str, resource: str, layer: str, path: Path) -> None:
    assert violations(service, resource, layer, imports(path)) == []


@pytest.mark.parametrize(
    ("layer", "name", "wrong"),
    [
        ("api", "complaints.tickets.usecases", False),
        ("api", "complaints.tickets.store", True),
        ("usecases", "complaints.routing.store.find", True),
        ("usecases", "complaints.routing.usecases", False),
        ("rules", "complaints.tickets.store", True),
        ("store", "complaints.tickets.tables.ticket", False),
        ("store", "complaints.tickets.usecases", True),
    ],
)
def test_the_check_knows_right_from_wrong(layer: str, name: str, *, wrong: bool) -> None:
    assert bool(violations("complaints", "tickets", layer, iter([name]))) is wrong
