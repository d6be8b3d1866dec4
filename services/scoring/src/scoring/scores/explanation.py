"""What a score rests on, as it is read and shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scoring.facts.rules import FactRow
from scoring.scores.levers import Change
from scoring.scores.rules import Score
from scoring.segments.rules import Standing


@dataclass(frozen=True, slots=True)
class Explanation:
    """A score with all that it rests on."""

    score: Score
    facts: Mapping[str, FactRow]
    """The heaviest fact of each reason, by the reason's code."""
    standing: Standing | None
    changes: Sequence[Change]
