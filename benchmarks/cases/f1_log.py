"""F1: POST /v1/interactions by one process that serves, against pgbench doing the same whole transaction.

F2 and F19 come of the same rounds: what a request costs in units of what pgbench's transaction costs PostgreSQL, and
how many requests were refused or failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks import clerks, cpu
from benchmarks.baseline import Bench, one_of, pgbench
from benchmarks.cases.f1_statement import MADE, statement, sweep
from benchmarks.clerks import CLIENTS, SERVICE, WORDS
from benchmarks.figures import Check, Figure, Goal, Measure, Round
from benchmarks.processes.load import Answers
from benchmarks.processes.run import run as run_process
from benchmarks.rounds import rotated, seconds
from benchmarks.stage import Stage

_GOAL = Goal("ratio", must=0.35, aim=0.80)
_SERVICE_COST = Goal("at most", must=2.0, aim=1.3)
_DATABASE_COST = Goal("at most", must=0.5, aim=0.3)
_NONE = Goal("at most", must=0, aim=0)
_SUBJECT = "bench-clerk"
_BODY = """
SELECT body::text FROM event_log l WHERE type = 'guanxi.interactions.CustomerContacted.v1' AND EXISTS (
  SELECT FROM audit a WHERE a.resource_id = l.aggregate_id AND a.principal = $1) LIMIT 1
"""
_ROWS = {
    "contact": "SELECT count(*) FROM contact WHERE id = ANY($1::uuid[])",
    "timeline_entry": "SELECT count(*) FROM timeline_entry WHERE id = ANY($1::uuid[])",
    "event_log": "SELECT count(*) FROM event_log WHERE aggregate_id = ANY($1::uuid[])",
    "idempotency_key": "SELECT count(*) FROM idempotency_key WHERE resource_id = ANY($1::uuid[])",
    "audit": "SELECT count(*) FROM audit WHERE resource_id = ANY($1::uuid[])",
    "outbox": "SELECT count(*) FROM outbox JOIN event_log USING (event_id) WHERE aggregate_id = ANY($1::uuid[])",
}
_FACTS = "SELECT count(*) FROM fact WHERE kind = 'contact' AND aggregate_id = ANY($1::uuid[])"
_OWN = f"SELECT count(*) FROM audit WHERE principal = '{_SUBJECT}' AND action LIKE 'POST %'"


@dataclass
class Done:
    """What all rounds have been told."""

    ids: list[str] = field(default_factory=list)
    refused: int = 0
    answers: list[tuple[int, int]] = field(default_factory=list)
    """Of each load how many were refused or failed, and how many there were."""
    unlike: int = 0


def run(stage: Stage, rounds: int) -> list[Figure]:
    """Round after round; then the services come back, and every contact must become a fact at scoring."""
    done = Done()
    stage.quieten()
    customers = clerks.customers(stage)
    with stage.api(SERVICE) as pid:
        note, made, costs = _rounds(stage, customers, pid, rounds, done)
    checks = _kept(stage, done)
    stage.bring_back()
    measure = Measure("POST /v1/interactions", "writes/s", "pgbench, the same transaction", _GOAL, made, note)
    checks += _settled(stage, done)
    return [
        Figure("F1", "log an interaction, one worker", [measure], checks),
        Figure("F2", "CPU to log an interaction, in units of pgbench's", _costs(costs), checks),
        Figure("F19", f"{CLIENTS} writers at the peak", [_failures(done)], checks),
    ]


def _failures(done: Done) -> Measure:
    rounds = [Round(refused, total) for refused, total in done.answers]
    return Measure("refused or failed", "requests", "all requests", _NONE, rounds)


def _costs(rounds: Sequence[tuple[float, float, float]]) -> list[Measure]:
    service = [Round(ours / plain, 1.0, ours, plain) for ours, _, plain in rounds]
    database = [Round(theirs / plain, 1.0, theirs, plain) for _, theirs, plain in rounds]
    return [
        Measure("CPU of the service", "x", "pgbench's PostgreSQL", _SERVICE_COST, service),
        Measure("CPU of PostgreSQL", "x", "pgbench's PostgreSQL", _DATABASE_COST, database),
    ]


def _rounds(
    stage: Stage, customers: Sequence[str], pid: int, rounds: int, done: Done
) -> tuple[str, list[Round], list[tuple[float, float, float]]]:
    _note(done, _ask(stage, customers, 1))
    body = str(stage.sql(SERVICE, _BODY, _SUBJECT)[0][0])
    made, tails, costs_of = [], [], []
    for number in range(rounds):
        parts = {"ours": lambda: _ours(stage, customers, pid), "pgbench": lambda: _plain(stage, customers, body, done)}
        found = rotated(number, parts)
        (answers, costs), (bench, _) = found["ours"], found["pgbench"]
        assert isinstance(answers, Answers)
        assert isinstance(bench, Bench)
        _note(done, answers)
        tails.append(answers.p99_ms)
        costs_of.append((costs[0], costs[1], bench.cpu_us))
        made.append(Round(answers.rate, bench.rate, sum(costs), bench.cpu_us))
    middle = rounds // 2
    app = sorted(one[0] for one in costs_of)[middle]
    note = f"closed loop p99 {sorted(tails)[middle]:.0f} ms; of the CPU {app:.0f} µs in the service"
    return note, made, costs_of


def _ask(stage: Stage, customers: Sequence[str], lasting: float) -> Answers:
    return run_process("load", clerks.load(stage, customers, lasting, _SUBJECT), Answers)


def _ours(stage: Stage, customers: Sequence[str], pid: int) -> tuple[Answers | Bench, list[float]]:
    with cpu.measured(pid, stage.postgres) as spent:
        answers = _ask(stage, customers, seconds(4))
    return answers, [one.per(answers.total) for one in spent]


def _plain(stage: Stage, customers: Sequence[str], body: str, done: Done) -> tuple[Answers | Bench, list[float]]:
    script = f"\\set n random(1, {len(customers)})\n{statement(one_of(customers), body, WORDS)};\n"
    url = stage.platform.postgres_url(SERVICE, owner=False)
    bench = pgbench(stage, url, script, clients=CLIENTS, seconds=seconds(4))
    found = {table: stage.count(SERVICE, sql) for table, sql in MADE.items()}
    done.unlike += sum(n != bench.transactions for n in found.values())
    sweep(stage.platform.postgres_url().rpartition("/")[0] + f"/{SERVICE}")
    return bench, []


def _note(done: Done, answers: Answers) -> None:
    done.ids += [location.rpartition("/")[2] for location in answers.locations]
    failed = answers.total - answers.good + answers.unexpected
    done.refused += failed
    done.answers.append((failed, answers.total))


def _kept(stage: Stage, done: Done) -> list[Check]:
    said = len(done.ids)
    checks = [
        Check(f"{table} = acknowledged", said, stage.count(SERVICE, sql, done.ids)) for table, sql in _ROWS.items()
    ]
    return [
        *checks,
        Check("written without being acknowledged", said, stage.count(SERVICE, _OWN)),
        Check("ids given twice", 0, said - len(set(done.ids))),
        Check("answers other than 201 with that customer", 0, done.refused),
        Check("tables in which pgbench did not do the same", 0, done.unlike),
    ]


def _settled(stage: Stage, done: Done) -> list[Check]:
    stage.wait("the outboxes are drained", lambda: not stage.drained(), 300)
    stage.wait("scoring has every contact", lambda: stage.count("scoring", _FACTS, done.ids) >= len(done.ids), 300, 1)
    return [
        Check("facts at scoring = acknowledged", len(done.ids), stage.count("scoring", _FACTS, done.ids)),
        Check("left in outboxes", 0, stage.drained()),
    ]
