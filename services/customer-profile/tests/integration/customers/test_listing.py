"""Finding customers: filters, search, pages, counts, stale records, the export."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from customer_profile.customers import export
from customer_profile.customers.listing import Filter
from guanxi.auth import make_principal
from guanxi.testing import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")


SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
MANY = """
INSERT INTO customer (id, unit_id, canonical_id, kind, role, lifecycle, stage, name, verified_at)
SELECT id, 'head-office', id, 'organisation', 'end_user', 'prospect', 'interact', 'n' || n, now()
FROM (SELECT uuidv7() AS id, n FROM generate_series(1, 2000) AS n) AS made
"""


async def made(caller: httpx.AsyncClient, name: str, **more: Any) -> str:
    answer = await caller.post("/v1/customers", json={"kind": "organisation", "name": name, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def found(caller: httpx.AsyncClient, **params: Any) -> list[str]:
    answer = await caller.get("/v1/customers", params=params)
    assert answer.status_code == 200, answer.text
    return [c["name"] for c in answer.json()["items"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("山西", ["山西焦煤", "山西煤業"]),
        ("山西煤", ["山西煤業"]),
        ("煤業", ["山西煤業"]),
        ("煤", ["山西焦煤", "山西煤業"]),
        ("ACME l", ["Acme Ltd."]),
        ("ａｃｍｅ", ["Acme Ltd."]),
        ("acme corp", []),
        ("...", []),
        ("太原", ["Acme Ltd."]),
    ],
)
async def test_a_name_is_found_by_its_parts_in_any_script(
    office: httpx.AsyncClient, query: str, names: list[str]
) -> None:
    await made(office, "山西煤業")
    await made(office, "山西焦煤")
    await made(office, "Acme Ltd.", legal_name="太原艾克米")
    assert await found(office, name=query) == names


async def test_phone_mail_and_credit_code_find_whole_values_however_written(office: httpx.AsyncClient) -> None:
    points = [{"kind": "phone", "value": "0351-555-0101"}, {"kind": "email", "value": "Zhang@Example.com"}]
    await made(office, "一", contact_points=points, social_credit_code="91350100M000100Y43")
    await made(office, "二", contact_points=[{"kind": "phone", "value": "13800131234"}])
    assert await found(office, phone="+86 351 5550101") == ["一"]
    assert await found(office, phone="5550101") == []
    assert await found(office, email="zhang@EXAMPLE.com") == ["一"]
    assert await found(office, credit_code="91350100M000100Y43") == ["一"]
    assert await found(office, phone="0351-555-0101", email="other@example.com") == []


async def test_typed_filters_narrow_the_list(office: httpx.AsyncClient) -> None:
    await made(office, "一", role="dealer", industry="coal")
    await made(office, "二", lifecycle="active", stage="continue")
    await office.post("/v1/customers", json={"kind": "person", "name": "三"})
    assert await found(office, kind="person") == ["三"]
    assert await found(office, role="dealer") == ["一"]
    assert await found(office, lifecycle="active") == ["二"]
    assert await found(office, lifecycle="prospect") == ["三", "一"]
    assert await found(office, stage="continue") == ["二"]
    assert await found(office, industry="coal") == ["一"]
    assert await found(office, unit="head-office") == ["三", "二", "一"]
    assert (await office.get("/v1/customers", params={"kind": "ghost"})).status_code == 422


async def test_pages_are_whole_and_without_repeats(office: httpx.AsyncClient) -> None:
    for n in range(7):
        await made(office, f"名{n}")
    names, cursor = [], None
    for _ in range(3):
        page = (await office.get("/v1/customers", params={"limit": 3, **({"cursor": cursor} if cursor else {})})).json()
        names += [c["name"] for c in page["items"]]
        cursor = page["next"]
    assert (names, cursor) == ([f"名{n}" for n in range(6, -1, -1)], None)
    assert (await office.get("/v1/customers", params={"cursor": "made-up"})).status_code == 422


@pytest.mark.parametrize("many", [4_000, 0])
async def test_a_search_has_the_same_pages_whether_few_or_many_hold_the_name(
    office: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr("customer_profile.customers.listing._MANY", many)
    ids = [await made(office, f"{'晋城' if n % 2 else '太原'}鋼鐵{n}") for n in range(9)]
    # Found by the name of the record that it has absorbed, at the place of its own.
    body = {"survivor_id": ids[6], "absorbed_id": ids[1], "reason": "same-phone"}
    assert (await office.post("/v1/merges", json=body)).status_code == 201
    names: list[str] = []
    cursor: dict[str, str] = {}
    while len(names) < 20:
        page = (await office.get("/v1/customers", params={"name": "晋城鋼", "limit": 2, **cursor})).json()
        names += [c["name"] for c in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert names == ["晋城鋼鐵7", "太原鋼鐵6", "晋城鋼鐵5", "晋城鋼鐵3"]


async def test_counting_is_done_on_request(office: httpx.AsyncClient) -> None:
    for n in range(3):
        await made(office, f"名{n}")
    page = (await office.get("/v1/customers", params={"limit": 1, "count": True, "name": "名"})).json()
    assert page["count"] == {"value": 3, "more": False}
    assert (await office.get("/v1/customers")).json()["count"] is None


async def test_a_record_nobody_has_made_sure_of_is_stale_until_somebody_does(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    one, two = await made(office, "一"), await made(office, "二")
    harness.clock.move(400 * 86_400)
    later = harness.caller()
    assert [c["id"] for c in (await later.get("/v1/customers/stale")).json()["items"]] == [one, two]
    verified = await later.post(f"/v1/customers/{one}/verifications", json={})
    assert (verified.status_code, verified.headers["ETag"]) == (201, '"2"')
    assert [c["id"] for c in (await later.get("/v1/customers/stale")).json()["items"]] == [two]
    older = await later.post(f"/v1/customers/{one}/verifications", json={"verified_at": "2020-01-01T00:00:00Z"})
    assert (older.headers["ETag"], older.json()["verified_at"]) == ('"2"', verified.json()["verified_at"])


async def test_the_export_is_a_spreadsheet_without_formulas_and_on_record(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    await made(office, '=HYPERLINK("http://evil")', contact_points=[{"kind": "phone", "value": "0351-555-0101"}])
    await made(office, "二, 三", industry="@SUM(A1)")
    answer = await office.get("/v1/customers/export", params={"unit": "head-office"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["name"] for row in rows] == ["二, 三", '\'=HYPERLINK("http://evil")']
    assert (rows[0]["industry"], rows[1]["phones"]) == ("'@SUM(A1)", "'+863515550101")
    masked = await harness.caller(scope="customers:read").get("/v1/customers/export")
    assert "5550101" not in masked.text
    async with harness.database.api.read() as reader:
        kept = await reader.fetch("SELECT unmasked FROM audit WHERE action = 'GET /v1/customers/export' ORDER BY id")
    assert [row["unmasked"] for row in kept] == [True, False]


def sheet_rows(content: bytes) -> list[list[str]]:
    """The cells of a sheet, as any reader of the format finds them: every one is an inline text."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        root = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
        assert not [name for name in book.namelist() if "externalLink" in name or "vba" in name.lower()]
    assert not list(root.iter(f"{SHEET}f"))
    rows = []
    for row in root.iter(f"{SHEET}row"):
        cells = list(row.iter(f"{SHEET}c"))
        assert {cell.get("t") for cell in cells} <= {"inlineStr"}
        rows.append(["".join(text.text or "" for text in cell.iter(f"{SHEET}t")) for cell in cells])
    return rows


@pytest.mark.parametrize("ask", [{"params": {"format": "xlsx"}}, {"headers": {"Accept": export.SHEET_TYPE}}])
async def test_the_export_is_a_sheet_as_well_with_the_same_rows_masks_and_record(
    harness: Harness, office: httpx.AsyncClient, ask: dict[str, Any]
) -> None:
    await made(office, '=HYPERLINK("http://evil")', contact_points=[{"kind": "phone", "value": "0351-555-0101"}])
    await made(office, "二, 三", industry="@SUM(A1)")
    answer = await office.get("/v1/customers/export", **ask)
    assert (answer.headers["Content-Type"], answer.headers["X-Total-Count"]) == (export.SHEET_TYPE, "2")
    assert "customers.xlsx" in answer.headers["Content-Disposition"]
    header, *rows = sheet_rows(answer.content)
    lines = (await office.get("/v1/customers/export")).text.removeprefix("\ufeff")
    # In a sheet every cell is text by itself; in CSV a mark before it says so.
    assert [header, *([export.neutral(cell) for cell in row] for row in rows)] == list(csv.reader(io.StringIO(lines)))
    assert rows[1][header.index("phones")] == "+863515550101"
    assert rows[1][header.index("name")] == '=HYPERLINK("http://evil")'
    assert header == list(export.COLUMNS)
    masked = await harness.caller(scope="customers:read").get("/v1/customers/export", **ask)
    assert not any("5550101" in cell for row in sheet_rows(masked.content) for cell in row)
    async with harness.database.api.read() as reader:
        kept = await reader.fetch("SELECT unmasked FROM audit WHERE action = 'GET /v1/customers/export' ORDER BY id")
    assert [row["unmasked"] for row in kept] == [True, True, False]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_an_export_says_how_many_customers_it_has_and_has_them_all(
    harness: Harness, office: httpx.AsyncClient, form: str
) -> None:
    await made(office, "一")
    async with harness.database.api.begin() as tx:
        await tx.execute(MANY)
    answer = await office.get("/v1/customers/export", params={"format": form, "kind": "organisation"})
    assert answer.headers["X-Total-Count"] == "2001"
    found = sheet_rows(answer.content) if form == "xlsx" else list(csv.reader(io.StringIO(answer.text)))
    assert len(found) == 2002
    assert len({row[0] for row in found}) == 2002


async def test_a_format_that_there_is_none_of_is_refused(office: httpx.AsyncClient) -> None:
    answer = await office.get("/v1/customers/export", params={"format": "pdf"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "format")


async def test_an_empty_sheet_has_its_header(office: httpx.AsyncClient) -> None:
    answer = await office.get("/v1/customers/export", params={"format": "xlsx", "name": "無人"})
    assert (answer.headers["X-Total-Count"], sheet_rows(answer.content)) == ("0", [list(export.COLUMNS)])


async def test_the_export_goes_over_all_pages(office: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("customer_profile.customers.export.ROWS", 2)
    for n in range(5):
        await made(office, f"名{n}")
    answer = await office.get("/v1/customers/export")
    assert [row["name"] for row in csv.DictReader(io.StringIO(answer.text))] == ["名4", "名3", "名2", "名1", "名0"]


async def test_callers_who_leave_before_the_first_line_block_no_export(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    who = make_principal("leaver", "head-office", ["customers:read"], internal=True)
    for _ in range(export.AT_ONCE + 1):
        export.exported(harness.database.api, Filter(), who)
    assert (await office.get("/v1/customers/export")).status_code == 200


async def test_the_export_takes_the_filters_of_the_list(office: httpx.AsyncClient) -> None:
    await made(office, "一", role="dealer", industry="coal")
    await made(office, "二", lifecycle="active")
    for params, names in (({"industry": "coal"}, ["一"]), ({"lifecycle": "active"}, ["二"]), ({"name": "三"}, [])):
        answer = await office.get("/v1/customers/export", params=params)
        assert [row["name"] for row in csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))] == names


async def test_who_looked_at_a_customer_is_known_of_lists_and_exports_too(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    point = [{"kind": "phone", "value": "0351-555-0101"}]
    one = await made(office, "山西煤業", industry="coal", contact_points=point)
    await made(office, "旁人")
    await harness.caller(subject="searcher").get("/v1/customers", params={"phone": "0351-555-0101"})
    await harness.caller(subject="exporter").get("/v1/customers/export", params={"industry": "coal"})
    await harness.caller(subject="other").get("/v1/customers/export", params={"industry": "steel"})
    await harness.caller(subject="reader").get(f"/v1/customers/{one}")
    async with harness.database.api.read() as reader:
        rows = await reader.fetch(
            "SELECT principal, details->'asked' AS asked FROM audit"
            " WHERE (customer_id = $1 OR details->'customers' ? $1::text) AND action LIKE 'GET %' ORDER BY id",
            one,
        )
        whole = await reader.fetchval("SELECT string_agg(details::text, '') FROM audit")
    assert [tuple(row) for row in rows] == [
        ("searcher", {"searched": ["phone"]}),
        ("exporter", {"industry": "coal"}),
        ("reader", None),
    ]
    assert "5550101" not in whole.replace("-", "")


async def test_an_external_unit_finds_and_exports_its_own_only(harness: Harness, office: httpx.AsyncClient) -> None:
    point = [{"kind": "phone", "value": "0351-555-0101"}]
    await made(office, "山西煤業", contact_points=point)
    dealer = harness.caller(unit="dealer-17")
    await made(dealer, "山西煤礦", contact_points=point)
    assert await found(dealer, name="山西") == ["山西煤礦"]
    assert await found(dealer, phone="0351-555-0101") == ["山西煤礦"]
    assert await found(dealer, unit="head-office") == []
    assert "山西煤業" not in (await dealer.get("/v1/customers/export")).text
    assert (await dealer.get("/v1/customers", params={"count": True})).json()["count"]["value"] == 1
    cursor = (await office.get("/v1/customers", params={"limit": 1})).json()["next"]
    assert (await dealer.get("/v1/customers", params={"cursor": cursor})).json()["items"] == []
