from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from guanxi_local.imports.shapes import Shape

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("shape", "text", "value"),
    [
        (Shape(), " tea ", "tea"),
        (Shape(), "  ", None),
        (Shape(), None, None),
        (Shape(default="none"), "", "none"),
        (Shape("integer"), "12", 12),
        (Shape("integer"), "-12", -12),
        (Shape("integer"), "12.0", 12),
        (Shape("integer", sign="absolute"), "-12", 12),
        (Shape("integer", sign="negated"), "-12", 12),
        (Shape("minor"), "2.55", 255),
        (Shape("minor"), "2.555", 256),
        (Shape("minor"), "1e3", 100_000),
        (Shape("minor"), "92233720368547758.07", 2**63 - 1),
        (Shape("minor"), "0.00000000000000000000000000000000000000001", 0),
        (Shape("integer"), "-9223372036854775807", -(2**63) + 1),
        (Shape("minor", digits=0), "120", 120),
        (Shape("minor", digits=3), "1.5", 1500),
        (Shape("upper"), "nsw", "NSW"),
        (Shape("lower"), "WEB", "web"),
        (Shape(many=True), "a", ["a"]),
        (Shape(words={"Web": "web"}), "Web", "web"),
        (Shape(words={"Web": "web"}), "Fax", "Fax"),
        (Shape(words={"Web": "web"}, otherwise="other"), "Fax", "other"),
        (Shape("time"), "2010-12-01T08:26:00", "2010-12-01T08:26:00+00:00"),
        (Shape("time"), "2011-07-01T08:26:00", "2011-07-01T08:26:00+01:00"),
        (Shape("time"), "2011-07-01", "2011-07-01T00:00:00+01:00"),
        (Shape("time"), "2011-07-01T08:26:00+08:00", "2011-07-01T08:26:00+08:00"),
        (Shape("time", formats=("%d.%m.%Y %H:%M", "%d.%m.%Y")), "1.7.2011", "2011-07-01T00:00:00+01:00"),
        (Shape("date", formats=("%Y%m%d",)), "19560409", "1956-04-09"),
    ],
)
def test_a_text_becomes_a_value(shape: Shape, text: str | None, value: Any) -> None:
    assert shape.apply(text, LONDON) == value


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        (Shape("integer"), "many"),
        (Shape("integer"), "1.5"),
        (Shape("integer"), "NaN"),
        (Shape("minor"), "50萬"),
        (Shape("minor"), "Infinity"),
        (Shape("minor"), "1e40"),
        (Shape("minor"), "92233720368547758.08"),
        (Shape("minor"), "1e999999999"),
        (Shape("minor"), "1e-999999999"),
        (Shape("integer"), "99999999999999999999"),
        (Shape("integer"), "-9223372036854775809"),
        (Shape("integer"), "1e999999999"),
        (Shape("time"), "yesterday"),
        (Shape("date", formats=("%Y%m%d",)), "19560231"),
    ],
)
def test_what_cannot_be_read_is_handed_on_for_intake_to_refuse(shape: Shape, text: str) -> None:
    assert shape.apply(text, LONDON) == text
