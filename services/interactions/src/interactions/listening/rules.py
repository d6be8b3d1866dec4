"""What customers and strangers said, kept as it came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from guanxi.events.interactions import (
    ItemGrade,
    MentionObserved,
    MentionObservedVoided,
    OpinionGiven,
    OpinionGivenVoided,
)
from guanxi.events.reports import MentionReported, OpinionReported
from interactions.questionnaires.rules import Questionnaire
from interactions.record import Record
from interactions.reports.rules import Admitted
from interactions.timeline.rules import Entry, Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenGrade:
    """One item of a questionnaire: what was expected and what was got."""

    item: str
    expected: int | None = None
    obtained: int
    facet: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion(Record):
    """A card or survey that somebody filled in, with or without a name."""

    questionnaire: str
    given_at: datetime
    grades: tuple[GivenGrade, ...]
    free_text: str | None
    kind: str | None = None
    questionnaire_version: int | None = None
    invitation_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention(Record):
    """Somebody spoke of the firm in public."""

    platform: str
    observed_at: datetime
    handle: str | None
    text: str | None
    url: str | None
    sentiment: str | None


def opinion_from(report: Admitted[OpinionReported], asked: Questionnaire | None, now: datetime) -> Opinion:
    """The opinion that a report tells of; `asked` is the questionnaire of ours that has its code."""
    event, data = report.event, report.event.data
    facets = {one.item: one.facet for one in asked.questions} if asked else {}
    return Opinion(
        id=event.aggregateid,
        customer_id=event.subject,
        unit_id=data.unit,
        source=data.source,
        external_ref=data.external_ref,
        recorded_at=now,
        voided_at=report.voided_at,
        questionnaire=data.questionnaire,
        given_at=event.time,
        grades=tuple(
            GivenGrade(
                item=n.item,
                expected=None if n.expected is None else _on_ten(asked, n.expected),
                obtained=_on_ten(asked, n.obtained),
                facet=facets.get(n.item),
            )
            for n in data.grades
        ),
        free_text=data.free_text,
        kind=asked.kind if asked else None,
        questionnaire_version=asked.version if asked else None,
    )


def _on_ten(asked: Questionnaire | None, grade: int) -> int:
    # A questionnaire that is not ours has a scale that nobody here knows.
    return asked.scale.on_ten(grade) if asked and asked.scale.holds(grade) else grade


def mention_from(report: Admitted[MentionReported], now: datetime) -> Mention:
    """The mention that a report tells of; only an internal source ties it to one of the customers."""
    event, data = report.event, report.event.data
    return Mention(
        id=event.aggregateid,
        customer_id=event.subject,
        unit_id=data.unit,
        source=data.source,
        external_ref=data.external_ref,
        recorded_at=now,
        voided_at=report.voided_at,
        platform=data.platform,
        observed_at=event.time,
        handle=data.handle,
        text=data.text,
        url=data.url,
        sentiment=data.sentiment,
    )


def given(one: Opinion, kind: type[OpinionGiven] = OpinionGiven) -> OpinionGiven:
    """The fact that it was given; the words stay here."""
    return kind(
        unit=one.unit_id,
        source=one.source,
        external_ref=one.external_ref,
        opinion_id=one.id,
        questionnaire=one.questionnaire,
        given_at=one.given_at,
        grades=tuple(
            ItemGrade(item=n.item, expected=n.expected, obtained=n.obtained, facet=n.facet) for n in one.grades
        ),
        has_text=one.free_text is not None,
        kind=one.kind,
        questionnaire_version=one.questionnaire_version,
        invitation_id=one.invitation_id,
    )


def observed(one: Mention, kind: type[MentionObserved] = MentionObserved) -> MentionObserved:
    """The fact that it was seen; words and handle stay here."""
    return kind(
        unit=one.unit_id,
        source=one.source,
        external_ref=one.external_ref,
        mention_id=one.id,
        platform=one.platform,
        observed_at=one.observed_at,
        sentiment=one.sentiment,
    )


def voided(one: Opinion | Mention) -> OpinionGivenVoided | MentionObservedVoided:
    """The fact that there was none."""
    if isinstance(one, Opinion):
        return OpinionGivenVoided(unit=one.unit_id, source=one.source, external_ref=one.external_ref, opinion_id=one.id)
    return MentionObservedVoided(unit=one.unit_id, source=one.source, external_ref=one.external_ref, mention_id=one.id)


def moment(one: Opinion | Mention) -> datetime:
    """When it was said."""
    return one.given_at if isinstance(one, Opinion) else one.observed_at


def entry(one: Opinion | Mention) -> Entry | None:
    """Its row on the customer's timeline; what is anonymous stands on nobody's."""
    if one.customer_id is None:
        return None
    summary = Summary(code=one.questionnaire, count=len(one.grades)) if isinstance(one, Opinion) else _of_mention(one)
    return Entry(
        id=one.id,
        customer_id=one.customer_id,
        at=moment(one),
        kind="opinion" if isinstance(one, Opinion) else "mention",
        unit_id=one.unit_id,
        sequence=one.version,
        summary=summary,
    )


def _of_mention(one: Mention) -> Summary:
    return Summary(code=one.platform, outcome=one.sentiment)
