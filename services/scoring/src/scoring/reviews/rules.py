"""The life of a review cycle: eight steps in turn, each done only on what the facts show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from guanxi.problems import Conflict, FieldError, Unprocessable
from scoring.facts.rules import FactRow, current
from scoring.scorecards.reviewing import ReviewRule, StepRule

Status = Literal["planned", "running", "closed"]
State = Literal["waiting", "active", "done", "overdue"]
OPEN = ("active", "overdue")
REVISED = "revised"
ANSWERED = ("answered", "confirmed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a cycle."""

    id: UUID
    version: int
    cycle_id: UUID
    n: int
    code: str
    owner_id: UUID | None
    due_on: date
    state: State
    started_at: datetime | None = None
    done_at: datetime | None = None
    done_by: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One round of the review, with its steps in order."""

    id: UUID
    version: int
    unit_id: str
    number: int
    status: Status
    starts_on: date
    started_on: date | None = None
    closed_at: datetime | None = None
    next_cycle_id: UUID | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for of one step when a cycle is planned."""

    code: str
    owner_id: UUID | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the facts show of a cycle: how many of each."""

    key_customers: int = 0
    indicator_versions: int = 0
    interviews: int = 0
    customers: frozenset[UUID] = frozenset()
    """Records that were interviewed."""
    pressing: int = 0
    """Pressing needs that the interviews brought to light."""
    pressing_open: int = 0
    answered_in_time: int = 0
    improvements: tuple[FactRow, ...] = ()
    told: Mapping[UUID, int] | None = None
    """Improvement -> customers told of it."""
    revisions: int = 0
    """Versions of indicators set for this cycle."""


def evidence(facts: Iterable[FactRow], cycle_id: UUID) -> Evidence:
    """What the facts about a cycle show, in whatever order they came."""
    known = current(facts)
    interviews = [one for one in known if one.kind == "interview" and one.traits.cycle_id == cycle_id]
    held = {one.aggregate_id for one in interviews}
    needs = [one for one in known if one.kind == "need" and one.traits.interview_id in held and one.traits.pressing]
    # By how a need stands now: one that was answered and then reopened is not answered.
    answered = [one for one in needs if one.traits.status in ANSWERED]
    improvements = tuple(one for one in known if one.kind == "improvement" and one.traits.cycle_id == cycle_id)
    told = {one.aggregate_id: one.traits.count or 0 for one in known if one.kind == "improvement.told"}
    return Evidence(
        interviews=len(interviews),
        customers=frozenset(one.customer_id for one in interviews if one.customer_id),
        pressing=len(needs),
        pressing_open=len(needs) - len(answered),
        answered_in_time=sum(one.traits.in_time is not False for one in answered),
        improvements=improvements,
        told=told,
    )


def counted(step: str, found: Evidence) -> int:
    """What a step goes by, as a number."""
    told = found.told or {}
    numbers = {
        "key_customers": found.key_customers,
        "indicators": found.indicator_versions,
        "interviews": found.interviews,
        "pressing_needs": found.pressing_open,
        "improvement": len(found.improvements),
        "evaluation": len(found.improvements),
        "revision": found.revisions,
        "telling": sum(one.aggregate_id in told for one in found.improvements),
    }
    return numbers[step]


def missing(rule: StepRule, found: Evidence, outcome: str | None) -> str | None:
    """What a step still lacks, in a sentence; None when it can be done."""
    number = counted(rule.code, found)
    if rule.code == "pressing_needs":
        return None if number <= rule.least else f"{number} pressing needs of this cycle's interviews are not answered."
    if rule.code == "telling" and number < len(found.improvements):
        left = len(found.improvements) - number
        return f"Of {left} improvements of this cycle nobody has been told yet."
    if outcome == REVISED and not found.revisions:
        return "No version of the quality indicators has been set for this cycle."
    return None if number >= rule.least else f"There are {number}, and there have to be {rule.least} at least."


def planned(  # noqa: PLR0913 - what makes a cycle
    ids: Sequence[UUID], number: int, unit: str, starts_on: date, rule: ReviewRule, wishes: Sequence[Wish]
) -> Cycle:
    """A cycle to come; `ids` are its own and its steps'. A step without a day falls due by the rule. 422.

    Whoever plans has seen to it that it starts within the horizon.
    """
    wrong = _strangers(wishes, rule)
    end = starts_on + timedelta(days=rule.horizon_days)
    wished = {one.code: one for one in wishes}
    steps: list[Step] = []
    before = starts_on
    for n, one in enumerate(rule.steps, 1):
        wish = wished.get(one.code, Wish(one.code))
        day = wish.due_on or before + timedelta(days=one.days)
        if not before <= day <= end:
            place = f"steps[{list(wished).index(one.code)}].due_on" if one.code in wished else "steps"
            wrong.append(FieldError(place, "out-of-order", f"A step falls due after the one before it, by {end}."))
            day = before
        steps.append(
            Step(
                id=ids[n],
                version=1,
                cycle_id=ids[0],
                n=n,
                code=one.code,
                owner_id=wish.owner_id,
                due_on=day,
                state="waiting",
            )
        )
        before = day
    if wrong:
        raise Unprocessable("Some steps are not valid.", wrong)
    return Cycle(
        id=ids[0], version=1, unit_id=unit, number=number, status="planned", starts_on=starts_on, steps=tuple(steps)
    )


def check_start(starts_on: date, today: date, rule: ReviewRule) -> None:
    """422 for a day that has gone by, or lies beyond the horizon."""
    if not today <= starts_on <= today + timedelta(days=rule.horizon_days):
        detail = f"A cycle starts today or later, within {rule.horizon_days} days."
        raise Unprocessable.field("starts_on", "range", detail)


def started(cycle: Cycle, today: date, now: datetime) -> Cycle:
    """The cycle as it begins: its days move when it begins on another one than was planned."""
    shift = today - cycle.starts_on
    steps = tuple(replace(one, due_on=one.due_on + shift) for one in cycle.steps)
    first = replace(steps[0], state="active", started_at=now, version=steps[0].version + 1)
    return replace(cycle, status="running", started_on=today, version=cycle.version + 1, steps=(first, *steps[1:]))


def again(cycle: Cycle, ids: Sequence[UUID], number: int, today: date) -> Cycle:
    """The cycle after one: the same owners, and as much time for each step."""
    shift = today - (cycle.started_on or cycle.starts_on)
    steps = tuple(
        Step(
            id=ids[one.n],
            version=1,
            cycle_id=ids[0],
            n=one.n,
            code=one.code,
            owner_id=one.owner_id,
            due_on=one.due_on + shift,
            state="waiting",
        )
        for one in cycle.steps
    )
    return Cycle(
        id=ids[0], version=1, unit_id=cycle.unit_id, number=number, status="planned", starts_on=today, steps=steps
    )


def done(step: Step, rule: StepRule, found: Evidence, outcome: str | None, by: str, now: datetime) -> Step:  # noqa: PLR0913 - one argument for each thing that decides
    """The step, done. 409 `step-waiting`, `step-done`, `evidence-missing`; 422 where an outcome is asked for."""
    if step.state == "waiting":
        raise Conflict("step-waiting", f"Step {step.n} is not its turn yet.")
    if step.state == "done":
        raise Conflict("step-done", f"Step {step.n} is done already.")
    if outcome not in (rule.outcomes or (None,)):
        known = ", ".join(rule.outcomes) or "none"
        raise Unprocessable.field("outcome", "unknown", f"How this step came out; known here: {known}.")
    lacking = missing(rule, found, outcome)
    if lacking:
        raise Conflict("evidence-missing", lacking)
    return replace(step, state="done", done_at=now, done_by=by, outcome=outcome, version=step.version + 1)


def begun(step: Step, now: datetime) -> Step:
    """The step whose turn it is."""
    return replace(step, state="active", started_at=now, version=step.version + 1)


def overdue(step: Step) -> Step | None:
    """The step whose day went by; None when it is not open or known to be late."""
    return replace(step, state="overdue", version=step.version + 1) if step.state == "active" else None


def _strangers(wishes: Sequence[Wish], rule: ReviewRule) -> list[FieldError]:
    known, times = {one.code for one in rule.steps}, Counter(one.code for one in wishes)
    return [
        FieldError(f"steps[{n}].code", "unknown", f"No step of the review; known are {', '.join(sorted(known))}.")
        if one.code not in known
        else FieldError(f"steps[{n}].code", "duplicate", "This step stands here twice.")
        for n, one in enumerate(wishes)
        if one.code not in known or times[one.code] > 1
    ]
