from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from guanxi_local.failures import Failure
from guanxi_local.imports.reader import Flaw, Row, RowFile
from guanxi_local.imports.records import CutOffError

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
    with pytest.raises(Failure, match="the first line is not utf-8-sig; name the file's encoding"):
        rows(path)


def flaws(found: list[Row]) -> dict[int, str]:
    return {row.number: row.flaw.code for row in found if row.flaw}


def test_a_row_that_does_not_fit_is_reported_and_the_others_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text('a,b\n1,2\n1,2,3\n1\n"x"y,2\n5,6\n')
    found = rows(path)
    assert [row.number for row in found] == [1, 2, 3, 4, 5]
    assert flaws(found) == {2: "field-count", 3: "field-count", 4: "not-csv"}
    assert found[1].flaw == Flaw("field-count", "has 3 fields, the header 2")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_bytes_of_no_encoding_spoil_their_row_alone(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "f.csv"
    good = "a,b\n" + "".join(f"{n},山西\n" for n in range(1, 30_000))
    unknown = b"\x00\xdc," if encoding == "utf-16" else b"\xff,"
    comma, end = (",".encode("utf-16-le"), "\n".encode("utf-16-le")) if encoding == "utf-16" else (b",", b"\n")
    path.write_bytes(good.encode(encoding) + unknown.removesuffix(b",") + comma + end + "9,x\n".encode(encoding)[-8:])
    found = rows(path, encoding=encoding)
    assert flaws(found) == {30_000: "not-decoded"}
    assert found[29_998].values == {"a": "29999", "b": "山西"}
    assert len(found) == 30_001


def test_bytes_of_no_encoding_spoil_a_line_of_json_alone(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_bytes(
        b'{"a": 1}\n{"a": "\xff"}\n{"a": 3}\n' + b"[" * 5000 + b"\n" + b'{"a":' * 1000 + b"1" + b"}" * 1000
    )
    assert flaws(rows(path)) == {2: "not-decoded", 4: "not-json", 5: "not-json"}


def test_a_quotation_mark_that_is_never_closed_spoils_its_row_alone(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text('a,b\n1,x\n2,"y\n' + "".join(f"{n},z\n" for n in range(3, 200)))
    found = rows(path)
    assert flaws(found) == {2: "not-csv"}
    assert [row.values["a"] for row in found if not row.flaw] == [str(n) for n in range(1, 200) if n != 2]


def test_a_quotation_mark_too_many_is_noticed_at_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text('a,b\n1,"x\n2,y\n3,"two\nlines"\n4,z\n')
    found = rows(path)
    assert flaws(found) == {1: "not-csv"}
    assert [row.values for row in found[1:]] == [
        {"a": "2", "b": "y"},
        {"a": "3", "b": "two\nlines"},
        {"a": "4", "b": "z"},
    ]


def test_a_field_without_an_end_does_not_take_the_file_with_it(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text('a,b\n1,"' + "x" * (1 << 20) + "\n2,y\n")
    assert flaws(rows(path)) == {1: "not-csv"}


@pytest.mark.parametrize("name", ["f.csv.gz", "f.jsonl.gz"])
@pytest.mark.parametrize("spoil", [lambda data: data[:-2000], lambda data: data[:-2000] + b"\xff" * 2000])
def test_a_packed_file_that_breaks_off_gives_the_rows_before_that(
    tmp_path: Path, name: str, spoil: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / name
    dice = random.Random(1)
    values = [dice.getrandbits(64) for _ in range(20_000)]
    text = "a\n" + "".join(f"{n}\n" for n in values) if "csv" in name else "".join(f'{{"a":{n}}}\n' for n in values)
    path.write_bytes(spoil(gzip.compress(text.encode())))
    found: list[Row] = []
    with pytest.raises(CutOffError, match=f"{name} (is cut off in the middle|cannot be read to its end)"):
        found.extend(RowFile(path))
    assert [row.values["a"] for row in found[:15_000]] == [str(n) for n in values[:15_000]]


def test_a_packed_file_without_a_first_line_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "f.csv.gz"
    path.write_bytes(b"no gzip")
    with pytest.raises(Failure, match="the first line cannot be read"):
        RowFile(path).columns()


def test_json_lines_are_read_with_nested_values_by_dotted_names(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_text('{"a": {"b": 1.5}, "c": null, "d": [1]}\n\n{"a"\n[1]\n{"c": true}\n')
    assert rows(path) == [
        Row(1, {"a.b": "1.5", "c": "", "d": "[1]"}),
        Row(2, {}, rows(path)[1].flaw),
        Row(3, {}, Flaw("not-an-object", "is a list")),
        Row(4, {"c": "true"}),
    ]
    assert flaws(rows(path)) == {2: "not-json", 3: "not-an-object"}
    assert RowFile(path).columns() == ()


def test_parquet_is_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    select = "SELECT 7 AS a, 2.55::DECIMAL(9,2) AS b, TIMESTAMP '2011-07-01 08:26:00' AS c, NULL AS d, true AS e"
    select += ", [1.5::DECIMAL(38,1)] AS f, MAP {DATE '2011-07-01': 1} AS g"
    duckdb.connect().execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    assert RowFile(path).columns() == tuple("abcdefg")
    [row] = rows(path)
    assert list(row.values.values())[:5] == ["7", "2.55", "2011-07-01T08:26:00", "", "true"]
    assert row.values["f"] == '["1.5"]'
    assert "2011" in row.values["g"]


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
