"""The commands of the first hour: the count, the desk of duplicates, a publisher and a file of one's own."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from guanxi_local.demo.door import until
from support.databases import SERVICES
from support.records import Biographer
from support.shell import Shell
from support.told import Told

pytestmark = pytest.mark.timeout(600)  # the first one plays the demo

_BRANDS = [a + b for a in "恒金東鴻達" for b in "信橋方運雅彩"]
FILES = Path(__file__).parent / "files"
ORDERS, MAPPING = str(FILES / "shop_orders.csv"), str(FILES / "shop_orders.toml")
IMPORTED = {
    "rows read": 11,
    "made into events": 8,
    "skipped: test orders": 1,
    "unreadable: field-count (row 7)": 1,
    "unreadable: not-csv (row 8)": 1,
    "events sent": 7,
    "received": 4,
    "customer registered": 3,
    "customer known": 1,
    "rejected": 3,
    "data.external_customer: missing (row 5)": 1,
    "data.lines[0].quantity: int-type (row 6, 9)": 2,
    "customer-profile: customers registered": 3,
    "interactions: order kept": 3,
    "interactions: return kept": 1,
    "scoring: order facts": 3,
    "scoring: return facts": 1,
}
REFUSED = [
    ([5], "data.external_customer", "missing"),
    ([6], "data.lines[0].quantity", "int-type"),
    ([7], "row", "field-count"),
    ([8], "row", "not-csv"),
    ([9], "data.lines[0].quantity", "int-type"),
]


@pytest.mark.usefixtures("told")
def test_the_count_of_all_logs_comes_out_even_at_the_terminal(shell: Shell) -> None:
    counted = re.match(r"([\d,]+) events, 0 lost, 0 twice \(since .*; (\d+) consumers' lists", shell.run("count"))
    assert counted
    assert int(counted[1].replace(",", "")) > 0
    assert int(counted[2]) >= len(SERVICES)


@pytest.mark.usefixtures("told")
def test_a_possible_duplicate_is_looked_at_and_decided_at_the_terminal(shell: Shell) -> None:
    pair = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", shell.run("match", "list"))
    assert pair, "the background has no pair that a person must look at"
    shown = shell.run("match", "show", pair[0])
    assert re.search(r"│ prior +│ .*│ +-\d", shown), shown
    assert "Left to a person: " in shown or "(open, review)" in shown
    assert shell.run("match", "decide", pair[0], "never_same") == "The pair is never_same.\n"
    assert pair[0] not in shell.run("match", "list")
    assert pair[0] in shell.run("match", "list", "--status", "never_same")
    assert shell.run("match", "decide", pair[0], "same") == "The pair is merged.\n", "a person may change their mind"
    unknown = shell.run("match", "decide", str(uuid4()), "same", code=2)
    assert (unknown.startswith("guanxi: "), unknown.count("\n")) == (True, 1)


@pytest.mark.asyncio(loop_scope="session")
async def test_weights_are_learned_of_the_sites_own_records_at_the_terminal(
    shell: Shell, admin: httpx.AsyncClient
) -> None:
    biographer = Biographer(admin)
    for n in range(60):
        # Each brand twice, in another town's street: pairs to learn of, and none that is merged by itself.
        body = {"kind": "organisation", "name": f"{_BRANDS[n // 2]}{('貿易', '物流')[n % 2]}"}
        await biographer.post("/v1/customers", body | {"address": {"city": f"第{n}市", "line": f"{n}路1號"}})

    async def enough() -> bool:
        return (await admin.get("/v1/match-policy/proposal")).is_success

    await until("the matcher to have looked at enough of them", enough)
    said = await asyncio.to_thread(shell.run, "match", "train")
    told = re.match(r"([\d,]+) records, ([\d,]+) pairs that share something, [\d,]+ of them", said)
    assert told
    assert int(told[1].replace(",", "")) >= 100
    assert int(told[2].replace(",", "")) > 0
    assert "Next: guanxi match train --publish" in said
    assert (await admin.get("/v1/match-policy")).json()["number"] == 1, "it only looks"


def test_the_tour_is_played_again_on_the_same_platform_without_the_wait(shell: Shell, told: Told) -> None:
    again = Told(shell.run("demo", "--fast", seconds=400))
    assert again.found(r"trust \d+ → \d+ \((\w+) → (\w+)\)").groups() == ("sound", "strained")
    again.found("told: 3; not told: 1 no_permission, 1 anonymous")
    again.found(r"merged again: 3 order\(s\), 920,990 CNY")
    again.found(r"[\d,]+ events, 0 lost, 0 twice")
    assert again.customer("dealer") != told.customer("dealer")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_file_adds_up_while_others_write_and_comes_again_as_duplicates(
    shell: Shell, admin: httpx.AsyncClient, tmp_path: Path
) -> None:
    added = await asyncio.to_thread(shell.run, "source", "add", "corner-shop", "--unit", "corner")
    assert "Unit corner was not known; it was made as an external unit." in added
    assert "corner-shop is ready: publish to guanxi.inbound.corner-shop (unit corner)." in added
    importing = partial(shell.run, "import", ORDERS, "--source", "corner-shop", "--mapping", MAPPING)
    rejected = tmp_path / "rejected.jsonl"
    first, others = await _meanwhile(partial(importing, "--rejected", str(rejected)), admin)
    assert others > 0
    assert "Everything adds up." in first
    account = reconciliation(first)
    assert {what: account.get(what) for what in IMPORTED} == IMPORTED
    lines = [json.loads(line) for line in rejected.read_text().splitlines()]
    faults = sorted((line["rows"], line["errors"][0]["field"], line["errors"][0]["code"]) for line in lines)
    assert faults == REFUSED

    second = await asyncio.to_thread(importing)
    assert "Everything adds up." in second
    account = reconciliation(second)
    counts = {what: account[what] for what in ("events sent", "received", "duplicates", "rejected before", "rejected")}
    assert counts == {"events sent": 7, "received": 0, "duplicates": 7, "rejected before": 3, "rejected": 0}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--source", "erp", "--mapping", "bad.toml"), "bad.toml: mapping.encoding: klingon is no encoding"),
        (("--source", "erp", "--mapping", "nowhere"), "there is no mapping nowhere; give a file or one of "),
        (("--source", "nobody", "--mapping", MAPPING), "refused: "),
    ],
)
@pytest.mark.usefixtures("told")
def test_a_mistake_is_one_line_and_exit_code_2(shell: Shell, tmp_path: Path, words: tuple[str, ...], line: str) -> None:
    (tmp_path / "bad.toml").write_text('encoding = "klingon"\n' + Path(MAPPING).read_text())
    said = shell.run(
        "import", ORDERS, *(str(tmp_path / word) if word == "bad.toml" else word for word in words), code=2
    )
    assert said.startswith(f"guanxi: {line}")
    assert said.count("\n") == 1


@pytest.mark.asyncio(loop_scope="session")
async def test_a_packed_file_that_breaks_off_is_accounted_for_and_then_told(
    shell: Shell, admin: httpx.AsyncClient, tmp_path: Path
) -> None:
    shell.run("source", "add", "third-shop", "--unit", "third")
    header, dice = "number;customer;article;pieces;price;day", random.Random(1)
    rows = "".join(f"{n};c;{dice.getrandbits(32)};1;1.00;2024-03-01\n" for n in range(3_000))
    packed = tmp_path / "shop.csv.gz"
    packed.write_bytes(gzip.compress(f"{header}\n{rows}".encode())[:-5_000])
    said = shell.run("import", str(packed), "--source", "third-shop", "--mapping", MAPPING, code=2)
    match = re.fullmatch(r"guanxi: shop\.csv\.gz is cut off .*; the ([\d,]+) rows before that are .*\n", said)
    assert match, said
    figures = (await admin.get("/v1/sources/third-shop/figures")).json()
    # The last row read may go on behind the break.
    assert figures["passed_on"] == {"order": int(match[1].replace(",", "")) - 1}


async def _meanwhile(work: Callable[[], str], admin: httpx.AsyncClient) -> tuple[str, int]:
    """Do something while customers are registered, one after the other; gives how many were."""
    biographer, done, count = Biographer(admin), asyncio.create_task(asyncio.to_thread(work)), 0
    while not done.done():
        await biographer.post("/v1/customers", {"kind": "person", "name": f"過客 {count}"})
        count += 1
    return await done, count


def reconciliation(text: str) -> dict[str, int]:
    """The lines of the closing table."""
    found = re.findall(r"^[│|]\s*(\S.*?)\s*[│|]\s*([\d,]+)\s*[│|]$", text, re.MULTILINE)
    return {what: int(count.replace(",", "")) for what, count in found}
