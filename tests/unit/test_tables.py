"""No two services have a table of one name: by its tables a service knows whether a database is its own."""

from __future__ import annotations

from collections import Counter
from importlib import import_module

from support.databases import SERVICES


def test_a_table_has_one_owner() -> None:
    names: Counter[str] = Counter()
    for service in SERVICES:
        app = import_module(f"{service.replace('-', '_')}.app")
        names.update(table.name for table in app.SERVICE.metadata.tables.values())
    assert len(names) > 50
    assert [name for name, count in names.items() if count > 1] == []
