"""F15: POST /v1/customers and POST /v1/complaints by one process each, with 100,000 customers there already."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks import cpu, recorded
from benchmarks.baseline import Bench, one_of
from benchmarks.figures import Check, Figure, Goal, Measure, Round
from benchmarks.filling import fill
from benchmarks.processes.load import Answers, Ask, Load
from benchmarks.processes.run import run as run_process
from benchmarks.recorded import Recorded
from benchmarks.rounds import rotated, seconds
from benchmarks.stage import Stage

CLIENTS = 16
_IDS = "SELECT id::text FROM directory_customer WHERE status = 'active' ORDER BY id LIMIT 300"
_BODIES = 300


@dataclass(frozen=True, slots=True)
class Target:
    """One route, the table of what it makes, and what is asked of it."""

    service: str
    path: str
    table: str
    scopes: tuple[str, ...]
    goal: Goal


@dataclass
class Done:
    """What all rounds have been told."""

    ids: list[str] = field(default_factory=list)
    refused: int = 0
    unlike: int = 0


TARGETS = (
    Target("customer-profile", "/v1/customers", "customer", ("customers:write",), Goal("ratio", must=0.15, aim=0.35)),
    Target("complaints", "/v1/complaints", "complaint", ("complaints:write",), Goal("ratio", must=0.20, aim=0.45)),
)


def run(stage: Stage, rounds: int) -> Figure:
    """Both routes, each beside pgbench writing the same rows."""
    stage.quieten()
    fill(stage)
    measures, checks = [], []
    for target in TARGETS:
        measure, found = _measured(stage, target, rounds)
        measures.append(measure)
        checks += found
    stage.bring_back()
    stage.wait("the outboxes are drained", lambda: not stage.drained(), 300)
    return Figure("F15", "register a customer, file a complaint, at 100,000 customers", measures, checks)


def _measured(stage: Stage, target: Target, rounds: int) -> tuple[Measure, list[Check]]:
    done, made, app = Done(), [], []
    customers = [str(row[0]) for row in stage.sql("complaints", _IDS)]
    with stage.api(target.service) as pid:
        _note(done, ask(stage, target, customers, 1))
        # Alone, so that its transaction holds its own rows and nobody else's.
        _note(done, ask(stage, target, customers, 0.3, clients=1))
        last = done.ids[-1]
        picked = _picked(stage, last, customers) if target.table == "complaint" else None
        statement = recorded.record(stage, target.service, target.table, last, picked)
        for number in range(rounds):
            parts = {
                "ours": lambda: _ours(stage, target, customers, pid),
                "pgbench": lambda: _plain(stage, statement, len(customers), done),
            }
            found = rotated(number, parts)
            (answers, costs), (bench, _) = found["ours"], found["pgbench"]
            assert isinstance(answers, Answers)
            assert isinstance(bench, Bench)
            _note(done, answers)
            app.append(costs[0])
            made.append(Round(answers.rate, bench.rate, sum(costs), bench.cpu_us))
    rows = ", ".join(f"{name} {count}" for name, count in statement.rows.items())
    note = f"of the CPU {sorted(app)[rounds // 2]:.0f} µs in the service; rows a request: {rows}"
    measure = Measure(f"POST {target.path}", "writes/s", "pgbench, the same rows", target.goal, made, note)
    return measure, _kept(stage, target, statement, done)


def _picked(stage: Stage, complaint: str, customers: Sequence[str]) -> tuple[str, str]:
    found = stage.sql("complaints", "SELECT customer_id::text FROM complaint WHERE id = $1::text::uuid", complaint)
    return str(found[0][0]), one_of(customers)


def _bodies(target: Target, customers: Sequence[str]) -> list[dict[str, object]]:
    if target.table == "complaint":
        told = {"channel": "phone", "cause": "quality", "text": "Two of ten came with a broken foot."}
        return [{"customer_id": one, **told} for one in customers]
    return [
        {
            "kind": "organisation",
            "name": f"山西煤業 {n:04}",
            "contact_points": [{"kind": "phone", "value": f"+8613800{n:06}"}],
        }
        for n in range(_BODIES)
    ]


def ask(stage: Stage, target: Target, customers: Sequence[str], lasting: float, clients: int = CLIENTS) -> Answers:
    """Put the load of one route on a stage for so many seconds."""
    load = Load(
        url=stage.platform.service(target.service),
        token=stage.platform.token(subject="bench-clerk", scopes=target.scopes),
        method="POST",
        asks=[Ask(path=target.path, expect='"id"', body=json.dumps(one)) for one in _bodies(target, customers)],
        clients=clients,
        seconds=lasting,
        key=f"bench-{uuid.uuid4().hex[:12]}",
    )
    return run_process("load", load, Answers)


def _ours(stage: Stage, target: Target, customers: Sequence[str], pid: int) -> tuple[Answers | Bench, list[float]]:
    with cpu.measured(pid, stage.postgres) as spent:
        answers = ask(stage, target, customers, seconds(4))
    return answers, [one.per(answers.total) for one in spent]


def _plain(stage: Stage, statement: Recorded, many: int, done: Done) -> tuple[Answers | Bench, list[float]]:
    bench, unlike = recorded.plain(stage, statement, CLIENTS, seconds(4), f"\\set n random(1, {many})\n")
    done.unlike += unlike
    return bench, []


def _note(done: Done, answers: Answers) -> None:
    done.ids += [location.rpartition("/")[2] for location in answers.locations]
    done.refused += answers.total - answers.good + answers.unexpected


def _kept(stage: Stage, target: Target, statement: Recorded, done: Done) -> list[Check]:
    said, service = len(done.ids), target.service
    tables = {
        target.table: f"SELECT count(*) FROM {target.table} WHERE id = ANY($1::uuid[])",
        "audit": "SELECT count(*) FROM audit WHERE resource_id = ANY($1::uuid[])",
        "idempotency_key": "SELECT count(*) FROM idempotency_key WHERE resource_id = ANY($1::uuid[])",
    }
    checks = [
        Check(f"{service}: {name} = acknowledged", said, stage.count(service, sql, done.ids))
        for name, sql in tables.items()
    ]
    logged = "SELECT count(*) FROM event_log WHERE aggregate_id = ANY($1::uuid[])"
    return [
        *checks,
        Check(
            f"{service}: events = acknowledged",
            said * statement.rows["event_log"],
            stage.count(service, logged, done.ids),
        ),
        Check(f"{service}: ids given twice", 0, said - len(set(done.ids))),
        Check(f"{service}: answers other than 201", 0, done.refused),
        Check(f"{service}: tables in which pgbench did not do the same", 0, done.unlike),
    ]
