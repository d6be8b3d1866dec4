"""F11: dealer events end to end: from the publisher's topic through all five services to a score in the database."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks import cpu, dealers
from benchmarks.baseline import inserts
from benchmarks.dealers import CUSTOMERS, Report
from benchmarks.figures import Check, Figure, Goal, Measure, Round
from benchmarks.processes.insert import Inserted
from benchmarks.rounds import rotated, seconds
from benchmarks.stage import SERVICES, Stage

EVENTS = 4_000
_GOAL = Goal("at least", must=1_000, aim=3_000)
_KINDS = {"ContactReported": "contact", "OrderReported": "order", "ComplaintReported": "complaint"}
_FACTS = "SELECT count(*) FROM fact WHERE sequence = 1 AND kind IN ('contact', 'order', 'complaint')"
_OF_KIND = "SELECT count(DISTINCT aggregate_id) FROM fact WHERE kind = $1"
_ARRIVED = "SELECT (SELECT count(*) FROM directory_customer) + (SELECT count(*) FROM directory_unit WHERE code = $1)"
_UNSCORED = """
SELECT count(*) FROM (SELECT DISTINCT customer_id FROM fact WHERE customer_id IS NOT NULL) f
WHERE NOT EXISTS (SELECT FROM score_series s WHERE s.customer_id = f.customer_id AND s.computed_at IS NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class Passed:
    """One load of events, from the first sent to the last one's score."""

    events: int
    seconds: float
    settled_after: float
    cpu_us: float
    of: dict[str, float]


def prepare(stage: Stage) -> str:
    """A publisher and its customers, known to all services; gives the publisher's topic."""
    topic = dealers.register(stage)
    dealers.send(stage, topic, dealers.profiles())
    for name in SERVICES[1:]:
        stage.wait(f"{name} knows all customers", partial(_knows, stage, name))
    return topic


def _knows(stage: Stage, name: str) -> bool:
    return stage.count(name, _ARRIVED, dealers.NAME) > CUSTOMERS


def run(stage: Stage, rounds: int) -> Figure:
    """Load after load, each beside the plain insert."""
    stage.bring_back()
    topic = prepare(stage)
    sent: list[Report] = []
    # What is asked for is a rate that lasts: a broker that has just started is slower for its first thousands.
    _pass(stage, topic, dealers.mixed(EVENTS), sent)
    passed, measured = [], []
    for number in range(rounds):
        load = dealers.mixed(EVENTS)
        parts: dict[str, Callable[[], Passed | Inserted]] = {
            "ours": partial(_pass, stage, topic, load, sent),
            "insert": partial(_insert, stage),
        }
        found = rotated(number, parts)
        ours, plain = found["ours"], found["insert"]
        assert isinstance(ours, Passed)
        assert isinstance(plain, Inserted)
        passed.append(ours)
        measured.append(
            Round(ours.events / ours.seconds, plain.rate, ours.cpu_us, plain.cpu_seconds / plain.rows * 1e6)
        )
    # What came of what came of the last events may still be on its way to a third service.
    stage.come_to_rest(120)
    measure = Measure("dealer events", "events/s", "unnest insert of 100 rows", _GOAL, measured, _note(passed))
    return Figure("F11", "inbound report to score, five services", [measure], _check(stage, sent))


def _insert(stage: Stage) -> Inserted:
    return inserts(stage.platform.postgres_url("scoring"), seconds(3))


def _pass(stage: Stage, topic: str, load: Sequence[Report], sent: list[Report]) -> Passed:
    names = [*SERVICES, "postgres", "kafka"]
    with cpu.measured(*map(stage.platform.pid, names)) as spent:
        found = dealers.send(stage, topic, load)
        sent.extend(load)
        stage.wait("all events are facts", lambda: stage.count("scoring", _FACTS) >= len(sent), 300)
        stage.wait("all scores are computed", lambda: not stage.count("scoring", "SELECT count(*) FROM dirty"), 60)
        ended = time.perf_counter()
        # What the last events set off elsewhere belongs to their cost, though not to their time.
        stage.wait("the outboxes are empty", lambda: not stage.drained(), 60)
    each = {name: one.per(len(load)) for name, one in zip(names, spent, strict=True)}
    total = sum(each.values())
    return Passed(found.acknowledged, ended - found.began, ended - found.ended, total, each)


def _note(passed: Sequence[Passed]) -> str:
    settled = sorted(one.settled_after for one in passed)[len(passed) // 2]
    costs = Counter[str]()
    for one in passed:
        costs.update({name: int(us / len(passed)) for name, us in one.of.items()})
    parts = ", ".join(f"{name} {us}" for name, us in costs.most_common())
    return f"settled {settled:.1f} s after the last was sent; CPU µs: {parts}"


def _check(stage: Stage, sent: Sequence[Report]) -> list[Check]:
    kinds = Counter(_KINDS[one.kind] for one in sent)
    count = stage.count
    logged = "SELECT count(*) FROM event_log WHERE topic = 'reports' AND type NOT LIKE '%.ProfileReported.v1'"
    checks = [
        Check("reports in intake's log = acknowledged", len(sent), count("customer-profile", logged)),
        Check("contacts", kinds["contact"], count("interactions", "SELECT count(*) FROM contact")),
        Check("orders", kinds["order"], count("interactions", "SELECT count(*) FROM sales_order")),
        Check("complaints", kinds["complaint"], count("complaints", "SELECT count(*) FROM complaint")),
        *(Check(f"facts: {kind}", n, count("scoring", _OF_KIND, kind)) for kind, n in kinds.items()),
        Check("customers with facts but no score", 0, count("scoring", _UNSCORED)),
        Check("left in outboxes", 0, stage.drained()),
    ]
    dead = sum(count(name, "SELECT count(*) FROM dead_letter") for name in SERVICES)
    return [*checks, Check("dead letters", 0, dead)]
