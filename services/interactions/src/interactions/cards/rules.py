"""What an invitation is, what a filled-in card says, and what is left of it when nobody has signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeVar
from uuid import UUID, uuid4

from guanxi.events.interactions import InvitationLapsed, SurveyInvited
from guanxi.problems import Conflict, FieldError, Unprocessable
from interactions.listening.rules import GivenGrade, Opinion
from interactions.questionnaires.rules import Kind, Questionnaire
from interactions.record import Kept

_F = TypeVar("_F", bound=SurveyInvited)
DUE_KIND = "invitation"
ASKED: tuple[Kind, ...] = ("card", "survey", "exit")
"""The kinds that customers fill in themselves."""
Status = Literal["issued", "answered", "lapsed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation(Kept):
    """A customer was handed or sent a questionnaire. When it was answered is not kept: see `anonymous`."""

    questionnaire: str
    questionnaire_version: int
    channel: str
    handed_by: UUID | None
    invited_at: datetime
    lapses_at: datetime
    code_hash: str
    status: Status = "issued"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintRun:
    """Cards that were printed for nobody in particular."""

    id: UUID
    unit_id: str
    recorded_at: datetime
    questionnaire: str
    questionnaire_version: int
    count: int
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a code stands for: an invitation, or one printed card."""

    questionnaire: str
    questionnaire_version: int
    used: bool
    invitation: Invitation | None = None
    printed: tuple[UUID, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A grade on the questionnaire's own scale."""

    item: str
    obtained: int
    expected: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A card as it was filled in."""

    marks: tuple[Mark, ...]
    free_text: str | None
    signed: bool


def lapses_at(asked: Questionnaire, invited_at: datetime) -> datetime:
    """When an invitation counts as unanswered; of one that is entered late that may have gone by."""
    return invited_at + timedelta(days=asked.lapse_days)


def answered(one: Invitation) -> Invitation:
    """The invitation that somebody has answered, also after it had lapsed."""
    return replace(one, status="answered", version=one.version + 1)


def lapsed(one: Invitation, now: datetime) -> Invitation | None:
    """The invitation that nobody answered; None when there is nothing to tell."""
    if one.status != "issued" or one.voided_at is not None or one.lapses_at > now:
        return None
    return replace(one, status="lapsed", version=one.version + 1)


def refuse_used(card: Card) -> None:
    """Raise 409 for a card that was filled in already: a code is good for one."""
    if card.used:
        raise Conflict("card-answered", "This card has been filled in already. Thank you.")


def check(asked: Questionnaire, filled: Filled) -> None:
    """Raise 422, with each field that is wrong, for what the questionnaire does not ask or offer."""
    errors = [error for n, mark in enumerate(filled.marks) for error in _check_mark(asked, mark, f"grades[{n}]")]
    items = [mark.item for mark in filled.marks]
    for n, item in enumerate(items):
        if item in items[:n]:
            errors.append(FieldError(f"grades[{n}].item", "repeated", "A question is graded once."))
    if not filled.marks and not filled.free_text:
        errors.append(FieldError("grades", "empty", "Give at least one grade, or write something."))
    if errors:
        raise Unprocessable("These grades do not fit the card.", errors)


def signed(card: Card, asked: Questionnaire, filled: Filled, opinion_id: UUID, now: datetime) -> Opinion:
    """The opinion of the customer who was invited and says who they are."""
    assert card.invitation  # noqa: S101 - nobody signs a card that was made out to nobody
    one = card.invitation
    return replace(
        anonymous(asked, filled, now),
        id=opinion_id,
        customer_id=one.customer_id,
        unit_id=one.unit_id,
        recorded_at=now,
        given_at=now,
        invitation_id=one.id,
    )


def anonymous(asked: Questionnaire, filled: Filled, now: datetime) -> Opinion:
    """The opinion of somebody who does not sign: nothing in it leads to a customer or an invitation.

    Its id is random and holds no time, its moment is the day's beginning in UTC, and its unit is the questionnaire's,
    not that of whoever handed the card over.
    """
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Opinion(
        id=uuid4(),
        customer_id=None,
        unit_id=asked.unit_id,
        recorded_at=day,
        questionnaire=asked.code,
        questionnaire_version=asked.version,
        kind=asked.kind,
        given_at=day,
        grades=_grades(asked, filled.marks),
        free_text=filled.free_text,
    )


def invited(one: Invitation) -> SurveyInvited:
    """The fact that a customer was asked."""
    return _fact(one, SurveyInvited)


def gone_by(one: Invitation) -> InvitationLapsed:
    """The fact that they did not answer."""
    return _fact(one, InvitationLapsed)


def _fact(one: Invitation, kind: type[_F]) -> _F:
    return kind(
        unit=one.unit_id,
        invitation_id=one.id,
        questionnaire=one.questionnaire,
        questionnaire_version=one.questionnaire_version,
        channel=one.channel,
        handed_by=one.handed_by,
        invited_at=one.invited_at,
        lapses_at=one.lapses_at,
    )


def _check_mark(asked: Questionnaire, mark: Mark, at: str) -> list[FieldError]:
    question = asked.question(mark.item)
    if question is None or question.asks != "grade":
        return [FieldError(f"{at}.item", "unknown-item", "The card has no such graded question.")]
    given = {"obtained": mark.obtained, "expected": mark.expected}
    outside = f"The card grades from {asked.lowest} to {asked.highest}."
    return [
        FieldError(f"{at}.{name}", "outside-scale", outside)
        for name, grade in given.items()
        if grade is not None and not asked.scale.holds(grade)
    ]


def _grades(asked: Questionnaire, marks: Sequence[Mark]) -> tuple[GivenGrade, ...]:
    facets = {one.item: one.facet for one in asked.questions}
    scale = asked.scale
    return tuple(
        GivenGrade(
            item=mark.item,
            expected=None if mark.expected is None else scale.on_ten(mark.expected),
            obtained=scale.on_ten(mark.obtained),
            facet=facets[mark.item],
        )
        for mark in marks
    )
