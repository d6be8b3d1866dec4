"""F16: the list of customers by a filter, a page of 50, at 100,000 customers; F17: search by part of a name there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from urllib.parse import quote

from benchmarks import cpu
from benchmarks.baseline import Bench, one_of, pgbench
from benchmarks.figures import Check, Figure, Goal, Measure, Round
from benchmarks.filling import MANY, fill, industries
from benchmarks.processes.load import Answers, Ask, Load
from benchmarks.processes.run import run as run_process
from benchmarks.rounds import rotated, seconds
from benchmarks.stage import Stage

CLIENTS, PAGE = 16, 50
_SERVICE = "customer-profile"
_IDS = "SELECT id::text FROM customer ORDER BY id DESC LIMIT 300"
_FEWEST = """
SELECT min(n) FROM (SELECT count(*) AS n FROM customer WHERE industry IS NOT NULL GROUP BY industry) of_each
"""
_SEARCHES = ("晋城钢铁", "Stahl", "上海物流 01", "Logistik 09", "家具")


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is asked for, and what its rows must hold."""

    query: str
    expect: str


def run(stage: Stage, rounds: int) -> list[Figure]:
    """Lists beside pgbench's read by key; then searches by one client, by their latency."""
    stage.quieten()
    fill(stage)
    ids = [str(row[0]) for row in stage.sql(_SERVICE, _IDS)]
    lists, searches = filters(stage), parts_of_names()
    made, tails, wrong, missed = [], [], 0, 0
    with stage.api(_SERVICE) as pid:
        ask(stage, lists, 1, CLIENTS)
        for number in range(rounds):
            parts = {"ours": lambda: _ours(stage, lists, pid), "pgbench": lambda: _plain(stage, ids)}
            found = rotated(number, parts)
            (answers, cost), (bench, _) = found["ours"], found["pgbench"]
            assert isinstance(answers, Answers)
            assert isinstance(bench, Bench)
            wrong += answers.total - answers.good + answers.unexpected
            made.append(Round(answers.rate, bench.rate, cost, bench.cpu_us))
            searched = ask(stage, searches, seconds(3), 1)
            missed += searched.total - searched.good + searched.unexpected
            tails.append(Round(searched.p99_ms, 1.0))
    listed = Measure(
        "list by a filter, page of 50", "pages/s", "pgbench, one row by key", Goal("ratio", 0.02, 0.05), made
    )
    note = f"one client, closed loop; median of the rounds {median(one.value for one in tails):.0f} ms"
    search = Measure("search by part of a name, p99", "ms", "none", Goal("at most", 150.0, 50.0), tails, note)
    there = stage.count(_SERVICE, "SELECT count(*) FROM customer")
    full = [
        Check("customers, of 100,000", MANY, min(MANY, there)),
        Check("rows that a full page needs", PAGE, min(PAGE, stage.count(_SERVICE, _FEWEST))),
    ]
    return [
        Figure("F16", "list of customers", [listed], [*full, Check("pages of another filter", 0, wrong)]),
        Figure("F17", "search at 100,000 customers", [search], [*full[:1], Check("pages without the name", 0, missed)]),
    ]


def filters(stage: Stage) -> list[Page]:
    """The lists of one industry each."""
    return [Page(f"industry={one}", f'"industry":"{one}"') for one in industries(stage)]


def parts_of_names() -> list[Page]:
    """The searches."""
    return [Page(f"name={quote(part)}", part.split(" ")[0]) for part in _SEARCHES]


def ask(stage: Stage, pages: Sequence[Page], lasting: float, clients: int) -> Answers:
    """Ask for these pages for so many seconds."""
    load = Load(
        url=stage.platform.service(_SERVICE),
        token=stage.platform.token(scopes=["customers:read"]),
        method="GET",
        asks=[Ask(path=f"/v1/customers?{one.query}&limit={PAGE}", expect=one.expect) for one in pages],
        clients=clients,
        seconds=lasting,
    )
    return run_process("load", load, Answers)


def _ours(stage: Stage, pages: Sequence[Page], pid: int) -> tuple[Answers | Bench, float]:
    with cpu.measured(pid, stage.postgres) as spent:
        answers = ask(stage, pages, seconds(3), CLIENTS)
    return answers, sum(one.per(answers.total) for one in spent)


def _plain(stage: Stage, ids: Sequence[str]) -> tuple[Answers | Bench, float]:
    script = f"\\set n random(1, {len(ids)})\nSELECT * FROM customer WHERE id = {one_of(ids)};\n"
    url = stage.platform.postgres_url(_SERVICE, owner=False)
    return pgbench(stage, url, script, clients=CLIENTS, seconds=seconds(3)), 0.0
