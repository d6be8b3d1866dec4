from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import orjson
import pytest
import pytest_asyncio

from guanxi.events import reports
from guanxi.testing import Harness
from guanxi_local.failures import Failure
from guanxi_local.imports.mapping import FileMapping, parse
from guanxi_local.imports.reconcile import Account, EventTally
from guanxi_local.imports.run import run_import

pytestmark = pytest.mark.asyncio(loop_scope="session")

INVOICES = """
time_zone = "Europe/London"
group_by = "no"
[[event]]
type = "OrderReported"
when = [{ column = "no", not_matches = "^C" }]
time = { column = "at" }
[event.data]
external_customer = { column = "who" }
external_ref = { column = "no" }
placed_at = { column = "at", as = "time" }
currency = "GBP"
[event.data.lines.each]
sku = { column = "sku" }
quantity = { column = "n", as = "integer" }
amount_minor = { column = "sum", as = "minor" }
[[event]]
type = "ReturnReported"
when = [{ column = "no", matches = "^C" }]
time = { column = "at" }
[event.data]
external_customer = { column = "who" }
external_ref = { column = "no" }
returned_at = { column = "at", as = "time" }
currency = "GBP"
[event.data.lines.each]
sku = { column = "sku" }
quantity = { column = "n", as = "integer", sign = "absolute" }
amount_minor = { column = "sum", as = "minor", sign = "absolute" }
"""
ROWS = """no,who,sku,n,sum,at
1,a,x,1,2.55,2010-12-01T08:26:00
1,a,y,2,5.00,2010-12-01T08:26:00
2,,x,1,2.55,2010-12-01T09:00:00
3,b,x,one,2.55,2010-12-01T09:01:00
4,b,x,1,2.55,2010-12-01T09:02:00
C5,a,x,-1,-2.55,2010-12-02T10:00:00
"""


class OnLoop(httpx.BaseTransport):
    """Lets a synchronous client call the application that lives on the tests' event loop."""

    def __init__(self, client: httpx.AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client, self._loop = client, loop

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url.copy_with(host="guanxi.test")
        sent = self._client.request(request.method, url, content=request.read(), headers=dict(request.headers))
        answer = asyncio.run_coroutine_threadsafe(sent, self._loop).result(30)
        return httpx.Response(answer.status_code, headers={"Location": ""}, content=answer.content)


@pytest_asyncio.fixture(loop_scope="session")
async def door(harness: Harness) -> AsyncIterator[httpx.Client]:
    caller = harness.caller(unit="dealer-17", scope="reports:publish", source="dealer-17")
    with httpx.Client(transport=OnLoop(caller, asyncio.get_running_loop()), base_url="http://guanxi.test") as client:
        yield client


def mapping() -> FileMapping:
    return parse(tomllib.loads(INVOICES))


async def load(door: httpx.Client, path: Path, content: str = ROWS, rejected: Path | None = None) -> Account:
    await asyncio.to_thread(path.write_text, content)
    return await asyncio.to_thread(run_import, door, path, mapping(), "dealer-17", rejected=rejected)


async def test_a_file_goes_through_the_door_and_adds_up(harness: Harness, door: httpx.Client, tmp_path: Path) -> None:
    account = await load(door, tmp_path / "f.csv")
    assert account.mistakes() == []
    assert (account.rows.read, account.events.sent) == (6, 5)
    assert dict(account.events.customers) == {"registered": 2, "known": 1}
    assert dict(account.events.reasons) == {
        "data.external_customer: missing": 1,
        "data.lines[0].quantity: int-type": 1,
    }
    [returned] = await harness.published(reports.ReturnReported)
    assert (returned.data.lines[0].quantity, returned.data.lines[0].amount_minor) == (1, 255)
    assert len(await harness.published(reports.OrderReported)) == 2
    assert all(made.historic for made in await harness.published(reports.OrderReported))


async def test_the_same_file_again_is_all_duplicates(harness: Harness, door: httpx.Client, tmp_path: Path) -> None:
    await load(door, tmp_path / "f.csv")
    published = len(await harness.published())
    again = await load(door, tmp_path / "f.csv")
    assert again.mistakes() == []
    assert (again.events.sent, again.events.duplicates) == (5, 5)
    assert len(await harness.published()) == published


async def test_an_import_that_was_cut_off_goes_on_where_it_stopped(
    harness: Harness, door: httpx.Client, tmp_path: Path
) -> None:
    orders, batch = 1_200, 500
    rows = "".join(f"{n},c{n % 7},x,1,2.55,2010-12-01T08:26:00\n" for n in range(orders))
    path = tmp_path / "f.csv"
    await asyncio.to_thread(path.write_text, "no,who,sku,n,sum,at\n" + rows)
    seen: list[int] = []

    def stop_in_the_middle(_rows: object, events: EventTally) -> None:
        seen.append(events.sent)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await asyncio.to_thread(run_import, door, path, mapping(), "dealer-17", show=stop_in_the_middle)
    assert seen == [batch]
    assert len(await harness.published(reports.OrderReported)) == batch

    account = await asyncio.to_thread(run_import, door, path, mapping(), "dealer-17")
    assert account.mistakes() == []
    events = account.events
    assert (events.sent, events.duplicates, events.received, events.rejected) == (orders, batch, orders - batch, 0)
    assert dict(events.customers) == {"known": orders - batch}
    refs = [made.data.external_ref for made in await harness.published(reports.OrderReported)]
    assert sorted(refs) == sorted(str(n) for n in range(orders))


async def test_cells_beyond_every_number_are_refused_by_field_beside_good_rows(
    door: httpx.Client, tmp_path: Path
) -> None:
    rows = ["1,a,x,99999999999999999999,2.55", "2,a,x,1,1e40", "3,a,x,1,2.55", "4,a,x,1,9e18"]
    content = "no,who,sku,n,sum,at\n" + "".join(f"{row},2010-12-01T08:26:00\n" for row in rows)
    account = await load(door, tmp_path / "f.csv", content, tmp_path / "rejected.jsonl")
    assert account.mistakes() == []
    assert account.events.received == 1
    written = await asyncio.to_thread((tmp_path / "rejected.jsonl").read_bytes)
    lines = [orjson.loads(line) for line in written.splitlines()]
    assert [(line["rows"], line["errors"][0]["field"]) for line in lines] == [
        ([1], "data.lines[0].quantity"),
        ([2], "data.lines[0].amount_minor"),
        ([4], "data.lines[0].amount_minor"),
    ]


async def test_refused_rows_are_written_down(door: httpx.Client, tmp_path: Path) -> None:
    await load(door, tmp_path / "f.csv", ROWS + "short\n", rejected=tmp_path / "rejected.jsonl")
    written = await asyncio.to_thread((tmp_path / "rejected.jsonl").read_bytes)
    lines = sorted((orjson.loads(line) for line in written.splitlines()), key=lambda line: list(line["rows"]))
    assert [(line["rows"], line["errors"][0]["field"]) for line in lines] == [
        ([3], "data.external_customer"),
        ([4], "data.lines[0].quantity"),
        ([7], "row"),
    ]
    assert lines[2] == {
        "rows": [7],
        "errors": [{"field": "row", "code": "field-count", "detail": "has 1 fields, the header 6"}],
    }


async def test_an_unknown_publisher_is_one_clear_line(door: httpx.Client, tmp_path: Path) -> None:
    await asyncio.to_thread((tmp_path / "f.csv").write_text, ROWS)
    with pytest.raises(Failure, match="there is no publisher dealer-99"):
        await asyncio.to_thread(run_import, door, tmp_path / "f.csv", mapping(), "dealer-99")
