"""The radar's rule as a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scoring.scorecards.rules import Texts

CALM, WATCH, AT_RISK, LOST, RECOVERED = "calm", "watch", "at_risk", "lost", "recovered"


@dataclass(frozen=True, slots=True)
class Baseline:
    """How the usual gap is measured; days."""

    gaps: int
    least: int
    spread_least_pct: int
    window_days: int


@dataclass(frozen=True, slots=True)
class Step:
    """So many points once the silence is longer than median and spreads, and than such a share of the longest gap."""

    points: int
    spreads_tenths: int
    longest_pct: int


@dataclass(frozen=True, slots=True)
class Counted:
    """Points for each time within the window, at most so many."""

    points: int
    most: int
    window_days: int


@dataclass(frozen=True, slots=True)
class Tie:
    """Points when one employee has had such a share of at least so many contacts within the window."""

    points: int
    share_pct: int
    least: int
    window_days: int


@dataclass(frozen=True, slots=True)
class RiskBand:
    """A risk, reached from so many points and kept down to fewer."""

    name: str
    start: int
    keep_from: int


@dataclass(frozen=True, slots=True)
class ChurnCause:
    """Why a customer may be leaving: what speaks for it, and what is to be done."""

    name: str
    weights: Mapping[str, int]
    countermeasures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RadarCard:
    """The radar's rule in force."""

    kind: str
    version: int
    baseline: Baseline
    order_steps: Sequence[Step]
    contact_steps: Sequence[Step]
    counted: Mapping[str, Counted]
    tie: Tie
    at_risk: RiskBand
    watch: RiskBand
    lost_pct: int
    lost_least_days: int
    recovered_days: int
    cause_window_days: int
    causes: Sequence[ChurnCause]
    care_due_days: int
    texts: Texts

    @property
    def fact_kinds(self) -> tuple[str, ...]:
        """The kinds of fact that it looks at."""
        return (
            *("order", "contact", "invitation.lapsed", "opinion", "interview"),
            *("promise.broken", "complaint", "complaint.reopened", "deadline.missed"),
        )


def radar_card(raw: dict[str, Any]) -> RadarCard:
    """The rule that a file states."""
    signals = raw["signals"]
    bands = {one["risk"]: RiskBand(one["risk"], one["from"], one["keep_from"]) for one in raw["risks"]}
    return RadarCard(
        kind=raw["kind"],
        version=raw["version"],
        baseline=Baseline(**raw["baseline"]),
        order_steps=tuple(Step(**one) for one in signals["order_rhythm"]["steps"]),
        contact_steps=tuple(Step(**one) for one in signals["contact_rhythm"]["steps"]),
        counted={code: Counted(**signals[code]) for code in ("unanswered_invitations", "rival_named", "cue_marks")},
        tie=Tie(**signals["single_tie"]),
        at_risk=bands[AT_RISK],
        watch=bands[WATCH],
        lost_pct=raw["lost"]["step_pct"],
        lost_least_days=raw["lost"]["least_days"],
        recovered_days=raw["recovered_days"],
        cause_window_days=raw["causes"]["window_days"],
        causes=tuple(
            ChurnCause(one["cause"], one["weights"], tuple(one["countermeasures"])) for one in raw["causes"]["items"]
        ),
        care_due_days=raw["care"]["due_days"],
        texts=raw["texts"],
    )
