"""F4, F5, F13: POST /v1/interactions by an open loop, at half, at three quarters and at twice of what it can do."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from benchmarks import clerks
from benchmarks.clerks import SERVICE
from benchmarks.figures import Check, Figure, Goal, Measure, Round
from benchmarks.processes.load import Answers
from benchmarks.processes.open_load import OpenAnswers, OpenLoad
from benchmarks.processes.run import run as run_process
from benchmarks.rounds import seconds
from benchmarks.stage import Stage

_SUBJECT = "bench-open-clerk"
_CROWD = 400
"""Connections at twice the peak: more than the service works on at once."""
_KEPT = "SELECT count(*) FROM contact WHERE id = ANY($1::uuid[])"
_OWN = f"SELECT count(*) FROM audit WHERE principal = '{_SUBJECT}' AND action LIKE 'POST %'"
_HALF = Goal("at most", must=30, aim=15)
_MORE = Goal("at most", must=80, aim=40)
_GOOD = Goal("ratio", must=0.8, aim=0.9)
_AT_ONCE = Goal("at most", must=50, aim=25)


def run(stage: Stage, rounds: int) -> list[Figure]:
    """In each round the peak of that moment first, then the three loads; at the end every 201 must be there."""
    stage.quieten()
    customers = clerks.customers(stage)
    peaks: list[float] = []
    half: list[Round] = []
    more: list[Round] = []
    twice: list[Round] = []
    refusals: list[Round] = []
    told: list[str] = []
    strange = 0
    with stage.api(SERVICE):
        _closed(stage, customers, 1, told)
        for _ in range(rounds):
            closed = _closed(stage, customers, seconds(3), told)
            peaks.append(closed.rate)
            for share, found in ((0.5, half), (0.75, more)):
                answers = _open(stage, customers, share * closed.rate, 64, told)
                found.append(Round(answers.good_p99_ms, closed.p99_ms))
                strange += answers.refused + answers.unexpected
            crowd = _open(stage, customers, 2 * closed.rate, _CROWD, told)
            twice.append(Round(crowd.rate, closed.rate))
            refusals.append(Round(crowd.refused_p99_ms, closed.p99_ms))
            strange += crowd.unexpected + sum(n for status, n in crowd.statuses.items() if status not in (201, 503))
        checks = [
            Check("contacts = acknowledged", len(told), stage.count(SERVICE, _KEPT, told)),
            Check("written without being acknowledged", len(told), stage.count(SERVICE, _OWN)),
            Check("answers that were neither 201 nor, at twice the peak, 503", 0, strange),
        ]
    stage.bring_back()
    peak = f"peak {median(peaks):,.0f}/s"
    beside = "p99 of the closed loop"
    return [
        Figure("F4", "latency at half its peak", [Measure("p99", "ms", beside, _HALF, half, peak)], checks),
        Figure(
            "F5", "latency at three quarters of its peak", [Measure("p99", "ms", beside, _MORE, more, peak)], checks
        ),
        Figure(
            "F13",
            "offered twice its peak",
            [
                Measure("good answers", "writes/s", "its peak", _GOOD, twice, peak),
                Measure("p99 of a refusal", "ms", beside, _AT_ONCE, refusals),
            ],
            checks,
        ),
    ]


def _closed(stage: Stage, customers: Sequence[str], lasting: float, told: list[str]) -> Answers:
    answers = run_process("load", clerks.load(stage, customers, lasting, _SUBJECT), Answers)
    told += [location.rpartition("/")[2] for location in answers.locations]
    return answers


def _open(stage: Stage, customers: Sequence[str], rate: float, clients: int, told: list[str]) -> OpenAnswers:
    load = OpenLoad(**clerks.load(stage, customers, seconds(4), _SUBJECT, clients).model_dump(), rate=rate)
    answers = run_process("open_load", load, OpenAnswers)
    told += [location.rpartition("/")[2] for location in answers.locations]
    return answers
