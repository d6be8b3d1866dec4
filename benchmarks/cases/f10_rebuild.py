"""F10: how fast a read model is written anew from its owner's log: scoring's facts, all services up and at rest."""

from __future__ import annotations

import time

from benchmarks.baseline import inserts
from benchmarks.figures import Check, Figure, Goal, Measure, Round
from benchmarks.filling_log import contacts
from benchmarks.rounds import seconds
from benchmarks.stage import Stage
from guanxi_local.door import Door
from guanxi_local.ops.following import follow

EVENTS = 100_000
"""A tenth of what is asked about: a million in 150 s are 6,667 a second."""
_GOAL = Goal("at least", must=1_000_000 / 150, aim=1_000_000 / 90)
_IDS = "SELECT id FROM directory_customer WHERE status = 'active' ORDER BY id LIMIT 300"


def run(stage: Stage, rounds: int) -> Figure:
    """Each round plants more events in the log of interactions, which scoring learns of by the rebuild alone."""
    stage.bring_back()
    customers = [row[0] for row in stage.sql("scoring", _IDS)]
    made, checks, notes = [], [], []
    for _ in range(min(rounds, 3)):
        # What the cases before have left, and the scoring of the round before, would be measured too.
        stage.come_to_rest()
        plain = inserts(stage.platform.postgres_url("scoring"), seconds(3))
        contacts(stage.platform.postgres_url("interactions"), EVENTS, customers)
        before = stage.count("scoring", "SELECT count(*) FROM fact")
        began = time.perf_counter()
        ended = _rebuild(stage)
        took = time.perf_counter() - began
        made.append(Round(ended["applied"] / took, plain.rate))
        notes.append(f"{ended['applied']:,} in {took:.0f} s, consumer held {ended['held_ms']} ms")
        checks += [
            Check("rows put right = events planted", EVENTS, ended["added"]),
            Check("rows that were wrong or too many", 0, ended["changed"] + ended["removed"]),
            Check("facts", before + EVENTS, stage.count("scoring", "SELECT count(*) FROM fact")),
        ]
    stage.come_to_rest()
    measure = Measure("facts of scoring", "events/s", "unnest insert of 100 rows", _GOAL, made, "; ".join(notes))
    return Figure("F10", "a read model written anew", [measure], checks)


def _rebuild(stage: Stage) -> dict[str, int]:
    token = stage.platform.token(scopes=["ops:read", "ops:write"], subject="bench-operator")
    with Door(stage.platform.gateway, token) as door:
        begun = door.post("/v1/ops/scoring/rebuilds", {"consumer": "facts"})
        ended: dict[str, int] = follow(door, "scoring", begun, lambda *_: None)
    return ended
