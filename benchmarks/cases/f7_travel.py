"""F7, F9: from a 201 to its effect in another service, over the real broker; and after the broker was away.

Both at half of what the whole chain keeps up with: writes that become facts at scoring, all services running.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import quantiles

import asyncpg
import httpx

from benchmarks import clerks
from benchmarks.clerks import SERVICE, WORDS
from benchmarks.figures import Check, Figure, Goal, Measure, Round
from benchmarks.processes.load import Answers
from benchmarks.processes.open_load import OpenAnswers, OpenLoad
from benchmarks.processes.run import run as run_process
from benchmarks.rounds import seconds
from benchmarks.stage import Stage

OUTAGE_S = float(os.environ.get("BENCH_OUTAGE", "60"))
_SUBJECT = "bench-all"
_SEEN = Goal("at most", must=150, aim=75)
_BACK = Goal("at most", must=60, aim=25)
_FACTS = "SELECT count(*) FROM fact WHERE aggregate_id = ANY($1::uuid[])"
_KNOWN = "SELECT count(DISTINCT aggregate_id) FROM fact WHERE kind = 'contact'"
_SEEN_THERE = "SELECT true FROM fact WHERE aggregate_id = $1"
_LOOK_S = 0.002
_PAUSE_S = 0.03


@dataclass
class Told:
    """What was acknowledged, and what was not answered with 201."""

    ids: list[str] = field(default_factory=list)
    other: int = 0

    def note(self, answers: Answers | OpenAnswers) -> None:
        """Enter the answers of a load."""
        self.ids += [location.rpartition("/")[2] for location in answers.locations]
        self.other += sum(n for status, n in answers.statuses.items() if status != httpx.codes.CREATED)


def run(stage: Stage, rounds: int) -> list[Figure]:
    """The pace of the chain, then the journeys, then one outage."""
    stage.bring_back()
    # What other cases wrote while the services were away is none of this pace.
    stage.wait("the outboxes are drained", lambda: not stage.drained(), 300)
    stage.wait(
        "scoring knows every contact there is", lambda: _contacts(stage) == stage.count("scoring", _KNOWN), 300, 1
    )
    customers, told = clerks.customers(stage), Told()
    pace = _pace(stage, customers, told) / 2
    travelled = [_journeys(stage, customers, pace, told) for _ in range(rounds)]
    back = _outage(stage, customers, pace, told)
    stage.wait("scoring has every contact", lambda: not _missing(stage, told), 300, 1)
    checks = [
        Check("facts = acknowledged", len(told.ids), len(told.ids) - _missing(stage, told)),
        Check("answers other than 201, the outage included", 0, told.other),
        Check("left in outboxes", 0, stage.drained()),
    ]
    note = f"at {pace:.0f} writes/s, half of what the chain keeps up with"
    return [
        Figure("F7", "201 to effect in another service", [Measure("p99", "ms", "p50", _SEEN, travelled, note)], checks),
        Figure(
            "F9",
            f"back after {OUTAGE_S:.0f} s without a broker",
            [Measure("outboxes empty, facts there", "s", "the outage", _BACK, [Round(back, OUTAGE_S)], note)],
            checks,
        ),
    ]


def _pace(stage: Stage, customers: Sequence[str], told: Told) -> float:
    began, before = time.perf_counter(), len(told.ids)
    told.note(run_process("load", clerks.load(stage, customers, seconds(6), _SUBJECT), Answers))
    stage.wait("scoring has every contact", lambda: not _missing(stage, told), 300)
    return (len(told.ids) - before) / (time.perf_counter() - began)


def _journeys(stage: Stage, customers: Sequence[str], pace: float, told: Told) -> Round:
    lasting = seconds(8)
    with _under_load(stage, customers, pace, lasting, told):
        took = asyncio.run(_sample(stage, customers[0], lasting - 2))
    cuts = quantiles(took, n=100)
    return Round(cuts[98] * 1e3, cuts[49] * 1e3)


def _outage(stage: Stage, customers: Sequence[str], pace: float, told: Told) -> float:
    with _under_load(stage, customers, pace, OUTAGE_S, told):
        stage.platform.stop_kafka()
        time.sleep(OUTAGE_S)
    stage.platform.start_kafka()
    began = time.perf_counter()
    stage.wait("the outboxes are drained", lambda: not stage.drained(), 300)
    stage.wait("scoring has every contact", lambda: not _missing(stage, told), 300)
    return time.perf_counter() - began


@contextmanager
def _under_load(stage: Stage, customers: Sequence[str], pace: float, lasting: float, told: Told) -> Iterator[None]:
    load = OpenLoad(**clerks.load(stage, customers, lasting, _SUBJECT).model_dump(), rate=pace)
    thread = threading.Thread(target=lambda: told.note(run_process("open_load", load, OpenAnswers)))
    thread.start()
    # Until its connections are open and it is in step.
    time.sleep(1)
    try:
        yield
    finally:
        thread.join()


async def _sample(stage: Stage, customer: str, lasting: float) -> list[float]:
    """Write one after the other, and look for each at scoring until it is there."""
    token = stage.platform.token(subject="bench-traveller", scopes=["interactions:write", "interactions:read"])
    scoring = await asyncpg.connect(stage.platform.postgres_url("scoring"))
    took: list[float] = []
    body = {"customer_id": customer, "channel": "visit", "direction": "out", "content": WORDS}
    headers = {"Authorization": f"Bearer {token}"}
    deadline = time.perf_counter() + lasting
    async with httpx.AsyncClient(base_url=stage.platform.service(SERVICE), headers=headers, trust_env=False) as client:
        while time.perf_counter() < deadline:
            answer = await client.post("/v1/interactions", json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
            began, made = time.perf_counter(), uuid.UUID(answer.raise_for_status().json()["id"])
            while not await scoring.fetchval(_SEEN_THERE, made):  # noqa: ASYNC110 - the database knows
                await asyncio.sleep(_LOOK_S)
            took.append(time.perf_counter() - began)
            await asyncio.sleep(_PAUSE_S)
    await scoring.close()
    return took


def _contacts(stage: Stage) -> int:
    return stage.count(SERVICE, "SELECT count(*) FROM contact")


def _missing(stage: Stage, told: Told) -> int:
    return len(told.ids) - stage.count("scoring", _FACTS, told.ids)
