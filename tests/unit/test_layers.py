"""Inside a resource: api and handlers call usecases, usecases call rules and store; nobody reads another's store.

A file with a name of its own counts as the layer whose work it does: what calls a store is a usecase by another
name, what reads tables is a store, and all the rest are rules.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("customer_profile", "interactions", "complaints", "scoring", "notifications")
# What each file of a resource may import of its own resource and of others.
OWN = {
    "api": {"usecases", "schemas", "rules"},
    "handlers": {"usecases", "schemas", "rules"},
    "usecases": {"rules", "store", "schemas", "tables", "usecases"},
    "store": {"tables", "rules", "schemas", "store"},
    "schemas": {"rules"},
    "tables": {"rules"},
    "rules": {"rules"},
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
# The layer of a file with a name of its own, by the highest that it imports.
WORK_OF = {
    "usecases": "usecases",
    "store": "usecases",
    "tables": "store",
    "schemas": "usecases",
    "rules": "rules",
}

Layer = Callable[[str, str, str], str | None]
"""Gives the layer of a file by service, resource and name; None for what is no file of a resource."""


def imports(path: Path) -> Iterator[str]:
    """Each dotted name a file imports: modules, and what is taken from them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def place(service: str, resource: str, name: str) -> Path:
    return ROOT / "services" / service.replace("_", "-") / "src" / service / resource / f"{name}.py"


@cache
def layer_of(service: str, resource: str, name: str) -> str | None:
    """The layer of a file, by its name or by the work it does."""
    if name in OWN:
        return name
    path = place(service, resource, name)
    return work_of(service, imports(path), layer_of) if path.exists() else None


def work_of(service: str, names: Iterable[str], layer: Layer) -> str:
    """The layer whose work a file with a name of its own does, by what it imports."""
    found = {WORK_OF[below] for _, below in layers(service, names, layer) if below in WORK_OF}
    return next((one for one in ("usecases", "store") if one in found), "rules")


def layers(service: str, names: Iterable[str], layer: Layer) -> Iterator[tuple[list[str], str]]:
    """Those imports that are files of a resource of the service, each with its layer."""
    for name in names:
        parts = name.split(".")[:3]
        found = layer(*parts) if len(parts) == 3 and parts[0] == service else None
        if found:
            yield parts, found


def violations(service: str, resource: str, mine: str, names: Iterable[str], layer: Layer = layer_of) -> list[str]:
    """The imports of one file that its layer does not allow."""
    found = set()
    for parts, below in layers(service, names, layer):
        if below not in (OWN if parts[1] == resource else OTHERS)[mine]:
            found.add(".".join(parts))
    return sorted(found)


def files() -> list[tuple[str, str, Path]]:
    """Every file of a resource."""
    rows = []
    for service in SERVICES:
        source = place(service, "x", "y").parents[1]
        rows += [
            (service, path.parent.name, path)
            for path in source.glob("*/*.py")
            if path.stem != "__init__" and (path.parent / "__init__.py").exists() and path.parent.name != "migrations"
        ]
    return rows


CASES = [pytest.param(*row, id=str(row[2].relative_to(ROOT))) for row in files()]


@pytest.mark.parametrize(("service", "resource", "path"), CASES)
def test_a_file_imports_only_what_lies_below_it(service: str, resource: str, path: Path) -> None:
    layer = layer_of(service, resource, path.stem)
    assert layer is not None
    file = "/".join(path.parts[-3:])
    assert list(violations(service, resource, layer, imports(path))) == [], file


def by_name(_service: str, _resource: str, name: str) -> str | None:
    return {"booking": "usecases", "listing": "store", "words": "rules"}.get(name, name if name in OWN else None)


@pytest.mark.parametrize(
    ("layer", "name", "wrong"),
    [
        ("api", "complaints.tickets.usecases", False),
        ("api", "complaints.tickets.store", True),
        ("api", "complaints.tickets.booking", False),
        ("api", "complaints.tickets.listing", True),
        ("usecases", "complaints.routing.store.find", True),
        ("usecases", "complaints.routing.listing", True),
        ("usecases", "complaints.routing.usecases", False),
        ("usecases", "complaints.tickets.booking", False),
        ("rules", "complaints.tickets.store", True),
        ("rules", "complaints.tickets.booking", True),
        ("rules", "complaints.tickets.words", False),
        ("store", "complaints.tickets.tables.ticket", False),
        ("store", "complaints.tickets.listing", False),
        ("store", "complaints.tickets.usecases", True),
        ("store", "complaints.tickets.booking", True),
    ],
)
def test_the_check_knows_right_from_wrong(layer: str, name: str, *, wrong: bool) -> None:
    assert bool(violations("complaints", "tickets", layer, [name], by_name)) is wrong


@pytest.mark.parametrize(
    ("names", "layer"),
    [
        ([], "rules"),
        (["complaints.tickets.rules", "complaints.tickets.words", "guanxi.db.Tx"], "rules"),
        (["complaints.tickets.tables", "complaints.tickets.rules"], "store"),
        (["complaints.tickets.store"], "usecases"),
        (["complaints.tickets.tables", "complaints.tickets.booking"], "usecases"),
        (["complaints.routing.usecases"], "usecases"),
    ],
)
def test_a_name_of_ones_own_hides_no_layer(names: list[str], layer: str) -> None:
    assert work_of("complaints", names, by_name) == layer
