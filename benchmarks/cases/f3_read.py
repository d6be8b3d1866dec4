"""F3: reading a customer, and a customer's scores, by key: one process that serves, 16 clients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import cpu
from benchmarks.baseline import Bench, one_of, pgbench
from benchmarks.figures import Check, Figure, Goal, Measure, Round
from benchmarks.processes.load import Answers, Ask, Load
from benchmarks.processes.run import run as run_process
from benchmarks.rounds import rotated, seconds
from benchmarks.stage import Stage

CLIENTS = 16
_GOAL = Goal("ratio", must=0.05, aim=0.10)
_SCOPES = ("customers:read", "scores:read")
_SCORED = "SELECT DISTINCT customer_id::text FROM score_series WHERE computed_at IS NOT NULL ORDER BY 1 LIMIT 300"


@dataclass(frozen=True, slots=True)
class Target:
    """One route and the row that it is about."""

    service: str
    path: str
    row: str


TARGETS = (
    Target("customer-profile", "/v1/customers/{}", "SELECT * FROM customer WHERE id = {}"),
    Target(
        "scoring",
        "/v1/customers/{}/scores",
        "SELECT * FROM score_series WHERE customer_id = {} AND kind = 'value.existing'",
    ),
)


def run(stage: Stage, rounds: int) -> Figure:
    """Both routes, each beside pgbench's read of the same rows, while nothing else runs."""
    ids = [str(row[0]) for row in stage.sql("scoring", _SCORED)]
    checks, measures = [_has_rows(stage, target, ids) for target in TARGETS], []
    stage.quieten()
    for target in TARGETS:
        measure, found = _measured(stage, target, ids, rounds)
        measures.append(measure)
        checks += found
    return Figure("F3", "GET by key, one worker", measures, checks)


def _has_rows(stage: Stage, target: Target, ids: Sequence[str]) -> Check:
    """A baseline that finds nothing would be a fast one."""
    there = stage.count(target.service, f"SELECT count(*) FROM ({target.row.format('ANY($1::uuid[])')}) r", ids)
    return Check(f"{target.service}: rows that the baseline reads", len(ids), there)


def _measured(stage: Stage, target: Target, ids: Sequence[str], rounds: int) -> tuple[Measure, list[Check]]:
    made, wrong, latencies = [], 0, []
    with stage.api(target.service) as pid:
        ask(stage, target, ids, 1)
        for number in range(rounds):
            parts = {"ours": lambda: _ours(stage, target, ids, pid), "pgbench": lambda: _plain(stage, target, ids)}
            found = rotated(number, parts)
            (answers, cost), (bench, _) = found["ours"], found["pgbench"]
            assert isinstance(answers, Answers)
            assert isinstance(bench, Bench)
            wrong += answers.total - answers.good + answers.unexpected
            latencies.append(answers.p99_ms)
            made.append(Round(answers.rate, bench.rate, cost, bench.cpu_us))
    note = f"closed loop p99 {sorted(latencies)[len(latencies) // 2]:.0f} ms"
    measure = Measure(f"GET {target.path.format('{id}')}", "reads/s", "pgbench, one row by key", _GOAL, made, note)
    return measure, [Check(f"{target.service}: answers that were not the customer asked for", 0, wrong)]


def ask(stage: Stage, target: Target, ids: Sequence[str], lasting: float) -> Answers:
    """Put the load of one route on a stage for so many seconds."""
    load = Load(
        url=stage.platform.service(target.service),
        token=stage.platform.token(scopes=_SCOPES),
        method="GET",
        asks=[Ask(path=target.path.format(one), expect=one) for one in ids],
        clients=CLIENTS,
        seconds=lasting,
    )
    return run_process("load", load, Answers)


def _ours(stage: Stage, target: Target, ids: Sequence[str], pid: int) -> tuple[Answers | Bench, float]:
    with cpu.measured(pid, stage.postgres) as spent:
        answers = ask(stage, target, ids, seconds(3))
    return answers, sum(one.per(answers.total) for one in spent)


def _plain(stage: Stage, target: Target, ids: Sequence[str]) -> tuple[Answers | Bench, float]:
    script = f"\\set n random(1, {len(ids)})\n{target.row.format(one_of(ids))};\n"
    url = stage.platform.postgres_url(target.service, owner=False)
    return pgbench(stage, url, script, clients=CLIENTS, seconds=seconds(3)), 0.0
