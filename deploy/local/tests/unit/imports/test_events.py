from __future__ import annotations

import gzip
import random
import tomllib
from pathlib import Path

import pytest

from guanxi_local.failures import Failure
from guanxi_local.imports.events import Made, RowTally, event_id, make_events
from guanxi_local.imports.mapping import FileMapping, parse
from guanxi_local.imports.reader import RowFile

INVOICES = """
group_by = "no"
[[skip]]
reason = "test rows"
when = [{ column = "who", matches = "^TEST" }]
[[event]]
type = "ProfileReported"
once_per = ["who"]
when = [{ column = "who", present = true }]
time = { column = "at" }
data = { external_customer = { column = "who" } }
[[event]]
type = "OrderReported"
when = [{ column = "no", not_matches = "^C" }]
time = { column = "at" }
data = { external_ref = { column = "no" }, lines = { each = { sku = { column = "sku" } } } }
[[event]]
type = "ReturnReported"
when = [{ column = "no", matches = "^C" }]
time = { column = "at" }
data = { external_ref = { column = "no" }, lines = { each = { sku = { column = "sku" } } } }
"""
ROWS = """no,who,sku,at
1,a,x,2020-01-01
2,b,y,2020-01-02
1,a,z,2020-01-01
C3,a,x,2020-01-03
4,TEST,x,2020-01-04
broken
"""


def mapping(text: str = INVOICES, **more: object) -> FileMapping:
    return parse({**tomllib.loads(text), **more})


def made(path: Path, content: str = ROWS, rules: FileMapping | None = None) -> tuple[list[Made], RowTally]:
    path.write_text(content)
    tally = RowTally()
    return list(make_events(RowFile(path), rules or mapping(), "dealer-17", tally)), tally


def test_lines_of_one_invoice_become_one_order_wherever_they_stand(tmp_path: Path) -> None:
    events, _ = made(tmp_path / "f.csv")
    orders = {one.event["data"]["external_ref"]: one for one in events if "Order" in one.event["type"]}
    assert [line["sku"] for line in orders["1"].event["data"]["lines"]] == ["x", "z"]
    assert orders["1"].rows == (1, 3)
    assert list(orders) == ["2", "1"]


def test_cancelled_lines_become_returns_and_customers_are_told_once(tmp_path: Path) -> None:
    events, _ = made(tmp_path / "f.csv")
    names = [one.event["type"].split(".")[2] for one in events]
    assert names == ["ProfileReported", "OrderReported", "ProfileReported", "OrderReported", "ReturnReported"]


def test_every_row_is_counted_once(tmp_path: Path) -> None:
    _, tally = made(tmp_path / "f.csv")
    assert (tally.read, tally.used, tally.idle) == (6, 4, 0)
    assert dict(tally.skipped) == {"test rows": 1}
    assert dict(tally.unreadable) == {"field-count": 1}
    assert list(tally.unreadable.lines()) == [("field-count (row 6)", 1)]
    assert tally.adds_up


def test_a_row_that_cannot_be_read_is_told_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(ROWS + "broken\n" * 9)
    told: list[tuple[int, str]] = []
    tally = RowTally(tell=lambda row, flaw: told.append((row, flaw.detail)))
    list(make_events(RowFile(path), mapping(), "dealer-17", tally))
    assert told == [(row, "has 1 fields, the header 4") for row in range(6, 16)]
    assert list(tally.unreadable.lines()) == [("field-count (row 6, 7, 8, 9, 10, …)", 10)]


def test_a_file_that_breaks_off_gives_every_group_but_the_one_it_was_in(tmp_path: Path) -> None:
    path = tmp_path / "f.csv.gz"
    dice = random.Random(1)
    rows = "".join(f"{n // 2},a,{dice.getrandbits(64)},2020-01-01\n" for n in range(20_000))
    path.write_bytes(gzip.compress(("no,who,sku,at\n" + rows).encode())[:-2000])
    tally = RowTally()
    events = [one for one in make_events(RowFile(path), mapping(), "dealer-17", tally) if "Order" in one.event["type"]]
    assert tally.cut_off is not None
    assert "f.csv.gz is cut off in the middle" in tally.cut_off
    assert f"the {tally.read:,} rows before that are accounted for" in tally.cut_off
    assert tally.adds_up
    assert all(len(one.rows) == 2 for one in events)
    assert tally.unreadable["group-cut-off"] in (1, 2)
    assert events[-1].rows[-1] + tally.unreadable["group-cut-off"] == tally.read > 10_000


def test_a_row_that_no_rule_takes_is_idle(tmp_path: Path) -> None:
    rules = mapping(
        INVOICES.replace('when = [{ column = "no", not_matches = "^C" }]', 'when = [{ column = "no", above = 9 }]')
    )
    _, tally = made(tmp_path / "f.csv", "no,who,sku,at\n1,,x,2020-01-01\n", rules)
    assert (tally.used, tally.idle, tally.adds_up) == (0, 1, True)


def test_ids_are_the_same_each_time_and_differ_by_file_row_rule_and_edition(tmp_path: Path) -> None:
    first, _ = made(tmp_path / "f.csv")
    again, _ = made(tmp_path / "renamed.csv")
    other, _ = made(tmp_path / "g.csv", ROWS + "9,z,z,2020-01-01\n")
    edition, _ = made(tmp_path / "f.csv", rules=mapping(edition=2))
    assert [one.id for one in first] == [one.id for one in again]
    assert len({one.id for one in first}) == len(first)
    assert not {one.id for one in first} & {one.id for one in other}
    assert not {one.id for one in first} & {one.id for one in edition}
    assert event_id("d", 1, 12, 3) != event_id("d", 1, 123, 3)


def test_an_event_names_its_source_type_and_time_in_the_zone(tmp_path: Path) -> None:
    events, _ = made(tmp_path / "f.csv", rules=mapping(time_zone="Europe/London"))
    event = events[0].event
    assert (event["specversion"], event["source"]) == ("1.0", "dealer-17")
    assert event["type"] == "guanxi.inbound.ProfileReported.v1"
    assert event["time"] == "2020-01-02T00:00:00+00:00"


def test_a_column_that_is_not_there_stops_the_import_at_once(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="has no column at, sku"):
        made(tmp_path / "f.csv", "no,who\n1,a\n")
