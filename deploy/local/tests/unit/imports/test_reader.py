from __future__ import annotations

import gzip
from pathlib import Path

import duckdb
import pytest

from guanxi_local.failures import Failure
from guanxi_local.imports.reader import Row, RowFile

TEXT = '\ufeffa,b\n1,"two\nlines"\n,x\n'


def rows(path: Path, **more: str) -> list[Row]:
    return list(RowFile(path, **more))


def test_csv_is_read_with_quoted_line_breaks_and_without_its_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(TEXT, encoding="utf-8")
    assert RowFile(path).columns() == ("a", "b")
    assert rows(path) == [Row(1, {"a": "1", "b": "two\nlines"}), Row(2, {"a": "", "b": "x"})]


def test_packed_csv_reads_the_same(tmp_path: Path) -> None:
    plain, packed = tmp_path / "f.csv", tmp_path / "f.csv.gz"
    plain.write_text(TEXT, encoding="utf-8")
    packed.write_bytes(gzip.compress(TEXT.encode()))
    assert rows(packed) == rows(plain)


def test_other_encodings_and_delimiters_are_named_in_the_mapping(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("名;值\n山西;1\n", encoding="gb18030")
    assert rows(path, encoding="gb18030", delimiter=";") == [Row(1, {"名": "山西", "值": "1"})]
    with pytest.raises(Failure, match="not utf-8"):
        rows(path)


def test_a_row_that_does_not_fit_is_reported_and_the_others_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text('a,b\n1,2\n1,2,3\n1\n"x"y,2\n5,6\n')
    found = rows(path)
    assert [row.number for row in found] == [1, 2, 3, 4, 5]
    assert [row.fault is None for row in found] == [True, False, False, False, True]
    assert found[1].fault == "has 3 fields, the header 2"


def test_json_lines_are_read_with_nested_values_by_dotted_names(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_text('{"a": {"b": 1.5}, "c": null, "d": [1]}\n\n{"a"\n[1]\n{"c": true}\n')
    assert rows(path) == [
        Row(1, {"a.b": "1.5", "c": "", "d": "[1]"}),
        Row(2, {}, rows(path)[1].fault),
        Row(3, {}, "is not a JSON object"),
        Row(4, {"c": "true"}),
    ]
    assert (rows(path)[1].fault or "").startswith("is not JSON")
    assert RowFile(path).columns() == ()


def test_parquet_is_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    select = "SELECT 7 AS a, 2.55::DECIMAL(9,2) AS b, TIMESTAMP '2011-07-01 08:26:00' AS c, NULL AS d, true AS e"
    duckdb.connect().execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    assert RowFile(path).columns() == ("a", "b", "c", "d", "e")
    assert rows(path) == [Row(1, {"a": "7", "b": "2.55", "c": "2011-07-01T08:26:00", "d": "", "e": "true"})]


def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="read are"):
        rows(tmp_path / "f.xlsx")
    broken = tmp_path / "f.parquet"
    broken.write_bytes(b"no parquet")
    with pytest.raises(Failure, match=r"f\.parquet"):
        rows(broken)
    twice = tmp_path / "f.csv"
    twice.write_text("a,a\n1,2\n")
    with pytest.raises(Failure, match="every column once"):
        rows(twice)
