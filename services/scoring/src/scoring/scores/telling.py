"""What other services are told of scores: a band that changed, nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from guanxi.bus import log
from guanxi.db import Tx
from guanxi.events import Event
from guanxi.events.scores import Reason as ReasonFact
from guanxi.events.scores import ScoreChanged
from scoring.scores.measure import Reason
from scoring.scores.rules import Score
from scoring.scores.store import Series

MOST_REASONS = 5
_NO_NEWS = "base"


def reason_facts(reasons: Iterable[Reason]) -> tuple[ReasonFact, ...]:
    """The heaviest reasons that made a difference."""
    telling = [one for one in reasons if one.points and one.code != _NO_NEWS][:MOST_REASONS]
    return tuple(ReasonFact(code=one.code, points=one.points, fact_id=one.fact_id) for one in telling)


def score_changed(tx: Tx, before: Series, after: Score, at: datetime) -> Event[ScoreChanged]:
    """The event that a band changed, with the time of the newest cause."""
    fact = ScoreChanged(
        kind=after.kind,
        as_of=after.as_of,
        value=after.value,
        previous_value=before.score.value if before.score else None,
        band=after.band,
        previous_band=before.score.band if before.score else None,
        version=str(after.version),
        reasons=reason_facts(after.reasons),
        members=after.members,
    )
    subject = before.customer_id
    return log.draft(tx, fact, aggregate=before.id, sequence=before.sequence + 1, subject=subject, time=at)
