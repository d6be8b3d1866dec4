"""F12 and F18: the same doors on platforms of different sizes, in the same seconds; F17 again at the greatest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Literal

from benchmarks import clerks, recorded
from benchmarks.cases import f3_read, f15_create, f16_list
from benchmarks.figures import Check, Figure, Goal, Measure, Round
from benchmarks.processes.load import Answers
from benchmarks.processes.run import run as run_process
from benchmarks.rounds import rotated, seconds
from benchmarks.stage import Stage

_SOME = "SELECT id::text FROM {} ORDER BY md5(id::text) LIMIT 300"
_MADE = "SELECT count(*) FROM {} WHERE id = ANY($1::uuid[])"
_GOALS = {"F12": Goal("ratio", must=0.8, aim=0.9), "F18": Goal("ratio", must=0.8, aim=0.95)}
_ASKED = {"F12": ("F1", "F3"), "F18": ("F1", "F3", "F15", "F16")}
_TAIL = Goal("at most", must=150.0, aim=50.0)


@dataclass(frozen=True, slots=True)
class Door:
    """A route, how load is put on it for some customers, and the table to which each good answer adds a row."""

    name: str
    service: str
    ask: Callable[[Stage, Sequence[str], float], Answers]
    table: str | None = None


@dataclass(slots=True)
class Side:
    """One of the two platforms, and what it has answered at one door."""

    stage: Stage
    customers: Sequence[str]
    wrong: int = 0
    made: list[str] = field(default_factory=list)
    missing: int = 0


def _log(stage: Stage, customers: Sequence[str], lasting: float) -> Answers:
    return run_process("load", clerks.load(stage, customers, lasting, "bench-clerk"), Answers)


def _read(target: f3_read.Target, stage: Stage, customers: Sequence[str], lasting: float) -> Answers:
    return f3_read.ask(stage, target, customers, lasting)


def _write(target: f15_create.Target, stage: Stage, customers: Sequence[str], lasting: float) -> Answers:
    return f15_create.ask(stage, target, customers, lasting)


def _list(stage: Stage, _: Sequence[str], lasting: float) -> Answers:
    return f16_list.ask(stage, f16_list.filters(stage), lasting, f16_list.CLIENTS)


_DOORS = {
    "F1": (Door("POST /v1/interactions", clerks.SERVICE, _log, "contact"),),
    "F3": tuple(Door(f"GET {t.path.format('{id}')}", t.service, partial(_read, t)) for t in f3_read.TARGETS),
    "F15": tuple(Door(f"POST {t.path}", t.service, partial(_write, t), t.table) for t in f15_create.TARGETS),
    "F16": (Door("GET /v1/customers by a filter", "customer-profile", _list),),
}


def run(name: Literal["F12", "F18"], small: Stage, large: Stage, rounds: int) -> Figure:
    """Each door that this figure asks for at both platforms; the baseline is the small one."""
    measures, checks = [], []
    for door in (door for figure in _ASKED[name] for door in _DOORS[figure]):
        measure, found = _compared(door, {"large": large, "small": small}, _GOALS[name], rounds)
        measures.append(measure)
        checks += found
    many, few = (stage.count("customer-profile", "SELECT count(*) FROM customer") for stage in (large, small))
    contacts = large.count("interactions", "SELECT count(*) FROM contact")
    return Figure(name, f"{many:,} customers and {contacts:,} contacts against {few:,} customers", measures, checks)


def search(stage: Stage, rounds: int) -> Figure:
    """F17: by part of a name, one client, at a million customers."""
    tails, middles, wrong = [], [], 0
    with stage.api("customer-profile"):
        f16_list.ask(stage, f16_list.parts_of_names(), seconds(3), 1)
        for _ in range(rounds):
            answers = f16_list.ask(stage, f16_list.parts_of_names(), seconds(3), 1)
            wrong += answers.total - answers.good + answers.unexpected
            tails.append(Round(answers.p99_ms, 1.0))
            middles.append(answers.p50_ms)
    note = f"one client, closed loop; p50 {median(middles):.0f} ms"
    measure = Measure("search by part of a name, p99", "ms", "none", _TAIL, tails, note)
    return Figure("F17", "search at 1,000,000 customers", [measure], [Check("pages without the name", 0, wrong)])


def _compared(door: Door, stages: Mapping[str, Stage], goal: Goal, rounds: int) -> tuple[Measure, list[Check]]:
    made: list[Round] = []
    with ExitStack() as stack:
        for stage in stages.values():
            stack.enter_context(stage.api(door.service))
        sides = {size: Side(stage, _customers(stage, door.service)) for size, stage in stages.items()}
        for side in sides.values():
            _visit(door, side)
        for number in range(rounds):
            rates = rotated(number, {size: partial(_visit, door, side) for size, side in sides.items()})
            made.append(Round(rates["large"], rates["small"]))
    checks = [
        check
        for size, side in sides.items()
        for check in (
            Check(f"{door.name}, {size}: answers other than asked for", 0, side.wrong),
            Check(f"{door.name}, {size}: ids given twice", 0, len(side.made) - len(set(side.made))),
            Check(f"{door.name}, {size}: acknowledged and not there", 0, side.missing),
        )
    ]
    return Measure(door.name, "requests/s", "the small one", goal, made), checks


def _visit(door: Door, side: Side) -> float:
    """One load; what it has written is counted and taken away again, so that the small platform stays small."""
    before = recorded.moment(side.stage, door.service)
    answers = door.ask(side.stage, side.customers, seconds(3))
    side.wrong += answers.total - answers.good + answers.unexpected
    if door.table is not None:
        ids = [location.rpartition("/")[2] for location in answers.locations]
        side.made += ids
        side.missing += len(ids) - side.stage.count(door.service, _MADE.format(door.table), ids)
        recorded.sweep(side.stage, door.service, before)
    return answers.rate


def _customers(stage: Stage, service: str) -> list[str]:
    table = "customer" if service == "customer-profile" else "directory_customer"
    return [str(row[0]) for row in stage.sql(service, _SOME.format(table))]
