from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from guanxi_local.failures import Failure
from guanxi_local.imports.command import MAPPINGS
from guanxi_local.imports.mapping import EventRule, load, parse

SHANGHAI = ZoneInfo("Asia/Shanghai")


def rule(data: str, *, more: str = "") -> EventRule:
    text = f'time_zone = "Asia/Shanghai"\n[[event]]\ntype = "OrderReported"\ntime = {{ column = "at" }}\n{more}\n{data}'
    return parse(tomllib.loads(text)).events[0]


def value_of(data: str, *rows: dict[str, str]) -> Any:
    return rule(data).data.value(list(rows), SHANGHAI)


def test_columns_constants_and_joined_texts_become_fields() -> None:
    data = """
    [event.data]
    external_ref = { column = "no" }
    currency = { const = "CNY" }
    purpose = "gift"
    name = { join = ["first", "=von", "last"], with = "-" }
    """
    row = {"no": "7", "first": "a", "last": "b"}
    assert value_of(data, row) == {"external_ref": "7", "currency": "CNY", "purpose": "gift", "name": "a-von-b"}


def test_what_is_empty_is_left_out_and_so_is_an_empty_object() -> None:
    data = """
    [event.data]
    external_ref = { column = "no" }
    name = { join = ["first", "last"] }
    [event.data.address]
    city = { column = "city" }
    """
    assert value_of(data, {"no": "", "first": " ", "last": "b", "city": ""}) == {"name": "b"}
    assert value_of(data, {}) is None


def test_each_row_of_a_group_becomes_a_line_unless_a_condition_leaves_it_out() -> None:
    data = """
    [event.data]
    external_ref = { column = "no" }
    [event.data.lines]
    each = { sku = { column = "sku" }, amount_minor = { product = ["n", "price"], as = "minor" } }
    where = [{ column = "n", above = 0 }]
    """
    rows = [{"no": "7", "sku": "a", "n": "3", "price": "1.335"}, {"no": "8", "sku": "b", "n": "0", "price": "1"}]
    assert value_of(data, *rows) == {"external_ref": "7", "lines": [{"sku": "a", "amount_minor": 401}]}


def test_a_product_with_a_text_that_is_no_number_hands_that_text_on() -> None:
    data = '[event.data]\namount_minor = { product = ["n", "price"], as = "minor" }'
    assert value_of(data, {"n": "3", "price": "50萬"}) == {"amount_minor": "50萬"}
    assert value_of(data, {"n": "3", "price": ""}) is None
    assert value_of(data, {"n": "1e300", "price": "1e300"}) == {"amount_minor": "1E+600"}
    assert value_of(data, {"n": "1e999999", "price": "1e999999"}) == {"amount_minor": "1e999999"}


@pytest.mark.parametrize(
    ("test", "text", "holds"),
    [
        ('matches = "^C"', "C1", True),
        ('matches = "^C"', "1C", False),
        ('not_matches = "^C"', "1C", True),
        ("above = 0", "1", True),
        ("above = 0", "0", False),
        ("above = 0", "x", False),
        ("below = 0", "-0.5", True),
        ("present = true", " ", False),
        ("present = false", "", True),
    ],
)
def test_conditions(test: str, text: str, holds: bool) -> None:  # noqa: FBT001 - a case
    made = rule("[event.data]\na = 1", more=f'when = [{{ column = "x", {test} }}]')
    assert made.when[0].holds({"x": text}) is holds


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "mapping.event: name at least one event"),
        ('[[event]]\ntype = "Order"\ntime = "t"\n[event.data]', "mapping.event[0].type: must be the name of a report"),
        ('[[event]]\ntype = "OrderReported"\n[event.data]', "mapping.event[0].time: is missing"),
        ('[[event]]\ntype = "OrderReported"\ntime = "t"', "mapping.event[0].data: must be a table"),
        (
            'colour = "red"\n[[event]]\ntype = "OrderReported"\ntime = "t"\n[event.data]',
            "mapping.colour: is not known here",
        ),
        (
            'time_zone = "Mars/X"\n[[event]]\ntype = "OrderReported"\ntime = "t"\n[event.data]',
            "mapping.time_zone: Mars/X",
        ),
        (
            '[[event]]\ntype = "OrderReported"\ntime = "t"\n[event.data]\na = { column = "x", az = 1 }',
            "mapping.event[0].data.a.az: is not known here",
        ),
        (
            '[[event]]\ntype = "OrderReported"\ntime = "t"\n[event.data]\na = { column = "x", const = 1 }',
            "mapping.event[0].data.a.const: stands beside column",
        ),
        (
            '[[event]]\ntype = "OrderReported"\ntime = "t"\n[event.data]\na = { column = "x", as = "money" }',
            "mapping.event[0].data.a.as: must be one of",
        ),
        (
            '[[event]]\ntype = "OrderReported"\ntime = "t"\nwhen = [{ column = "x", matches = "(" }]\n[event.data]',
            "mapping.event[0].when[0].matches: is no regular expression",
        ),
    ],
)
def test_a_mistake_is_named_by_its_place(tmp_path: Path, text: str, mistake: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(text)
    with pytest.raises(Failure) as caught:
        load(path)
    assert str(caught.value).startswith(f"m.toml: {mistake}")


EVENT = '[[event]]\ntype = "OrderReported"\ntime = "t"\n'
DATA = EVENT + "data = { b = 1 }\n"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('encoding = "klingon"\n' + DATA, "mapping.encoding: klingon is no encoding"),
        ('encoding = "hex"\n' + DATA, "mapping.encoding: hex is no encoding"),
        ('delimiter = ";;"\n' + DATA, "mapping.delimiter: must be one character"),
        ('delimiter = ""\n' + DATA, "mapping.delimiter: must be one character"),
        ("delimiter = '\"'\n" + DATA, "mapping.delimiter: must be neither"),
        ("delimiter = 5\n" + DATA, "mapping.delimiter: must be a text"),
        ("edition = -1\n" + DATA, "mapping.edition: must be a whole number from 0 to"),
        ("skip = 5\n" + DATA, "mapping.skip: must be a list of tables"),
        (DATA + "when = [{ column = 'x', above = '5' }]", "mapping.event[0].when[0].above: must be a number"),
        (DATA + "when = [{ column = 'x', below = nan }]", "mapping.event[0].when[0].below: must be a number"),
        (DATA + "when = [{ column = 'x', present = 1 }]", "mapping.event[0].when[0].present: must be true or false"),
        (DATA + "when = [{ column = 'x', matches = 5 }]", "mapping.event[0].when[0].matches: must be a text"),
        (EVENT + "data = { a = { column = 'x', map = 5 } }", "mapping.event[0].data.a.map: must be a table of texts"),
        (EVENT + "data = { a = { column = 'x', map = { b = 1 } } }", "mapping.event[0].data.a.map: must be a table"),
        (EVENT + "data = { a = { column = 'x', default = 5 } }", "mapping.event[0].data.a.default: must be a text"),
        (
            EVENT + "data = { a = { column = 'x', otherwise = [] } }",
            "mapping.event[0].data.a.otherwise: must be a text",
        ),
        (
            EVENT + "data = { a = { column = 'x', digits = 40 } }",
            "mapping.event[0].data.a.digits: must be a whole number",
        ),
        (EVENT + "data = { a = { column = 'x', digits = true } }", "mapping.event[0].data.a.digits: must be a whole"),
        (
            EVENT + "data = { a = { column = 'x', list = 'yes' } }",
            "mapping.event[0].data.a.list: must be true or false",
        ),
        (EVENT + "data = { a = { column = 'x', format = '%Q' } }", "mapping.event[0].data.a.format: %Q is no pattern"),
        (EVENT + "data = { a = 99999999999999999999 }", "mapping.event[0].data.a: cannot be sent"),
        ("a = " + "[" * 5000, "its tables are nested too deep"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_by_its_key(tmp_path: Path, text: str, mistake: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(text)
    with pytest.raises(Failure) as caught:
        load(path)
    assert str(caught.value).startswith(f"m.toml: {mistake}")
    assert "\n" not in str(caught.value)


def test_a_mapping_in_another_encoding_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_bytes('encoding = "山西"'.encode("gb18030"))
    with pytest.raises(Failure, match=r"m\.toml: a mapping is written in UTF-8, and byte 14 of this one is not"):
        load(path)


def test_a_mapping_tells_which_columns_it_needs() -> None:
    text = """
    group_by = "g"
    [[skip]]
    reason = "tests"
    when = [{ column = "s", present = true }]
    [[event]]
    type = "OrderReported"
    time = { column = "t" }
    once_per = ["o"]
    when = [{ column = "w", present = true }]
    [event.data]
    a = { join = ["j", "=const"] }
    lines = { each = { b = { product = ["p", "q"] } }, where = [{ column = "x", above = 1 }] }
    """
    assert parse(tomllib.loads(text)).columns() == set("gstowjpqx")


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_mappings_that_come_along_are_without_mistakes(path: Path) -> None:
    assert load(path).events
