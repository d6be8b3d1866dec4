"""A correction names at least one field, and empties none that must be filled."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from guanxi.http import Correction


class Change(Correction):
    FILLED = frozenset({"name"})

    name: str | None = None
    note: str | None = None


@pytest.mark.parametrize("given", [{"name": "a"}, {"note": None}, {"name": "a", "note": "b"}])
def test_what_is_named_is_what_changes(given: dict[str, Any]) -> None:
    assert Change.model_validate(given).model_dump(exclude_unset=True) == given


@pytest.mark.parametrize(
    ("given", "where", "code"),
    [
        ({}, (), "missing"),
        ({"name": None}, ("name",), "null"),
        ({"name": None, "note": "b"}, ("name",), "null"),
        ({"colour": "red"}, ("colour",), "extra_forbidden"),
        ({"name": 7}, ("name",), "string_type"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(given: dict[str, Any], where: tuple[str, ...], code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Change.model_validate(given)
    assert [(one["loc"], one["type"]) for one in refused.value.errors()] == [(where, code)]
