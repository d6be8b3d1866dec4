"""Holding interviews, correcting and voiding them; each is a contact as well, and its needs go to who can act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Pool, Reader, Tx
from guanxi.events import Event, Fact
from guanxi.events.interactions import InterviewCompletedCorrected
from guanxi.problems import NotFound, Stale
from interactions import scope, staff
from interactions.contacts import usecases as contacts
from interactions.contacts.schemas import NewInteraction
from interactions.interviews import facts, rules, store
from interactions.interviews.rules import Heard, Interview
from interactions.interviews.schemas import InterviewCorrection, NewInterview, NewInterviewAnswer, NewOpportunity
from interactions.interviews.store import Filter
from interactions.moments import not_future
from interactions.needs import usecases as needs
from interactions.needs.rules import Need, Origin
from interactions.questionnaires import usecases as questionnaires
from interactions.questionnaires.rules import Questionnaire
from interactions.timeline import usecases as timeline


@dataclass(frozen=True, slots=True)
class Told:
    """An interview with the needs that were raised in it."""

    interview: Interview
    needs: Sequence[Need]


async def hold(tx: Tx, principal: Principal, body: NewInterview) -> Told:
    """Enter an interview with its contact and its needs; 404, 410, 422 with each field that is wrong."""
    await scope.locked_customer(tx, principal, body.customer_id)
    guide = await questionnaires.wanted(tx, body.questionnaire, body.version, ("interview",))
    heard = _heard(guide, body.answers)
    if body.interviewer is not None:
        await staff.named(tx, principal, body.interviewer, "interviewer")
    held_at = not_future(body.held_at, tx.now, "held_at")
    contact = (await contacts.record(tx, principal, _contact(body, held_at))).contact
    interview = Interview(
        id=tx.new_id(),
        customer_id=body.customer_id,
        unit_id=principal.unit,
        recorded_at=tx.now,
        questionnaire=guide.code,
        questionnaire_version=guide.version,
        cycle_id=body.cycle_id,
        interviewer_id=contact.employee_id,
        contact_id=contact.id,
        contact_person=body.contact_person,
        held_at=held_at,
        note=body.note,
        questions=len(guide.questions),
        need_count=len(body.needs),
        **_said(heard, body.opportunities),
    )
    await _write(tx, interview, facts.completed(interview, guide.scale))
    return Told(interview, await _raise(tx, principal, interview, body))


async def correct(
    tx: Tx, principal: Principal, interview_id: UUID, version: int, body: InterviewCorrection
) -> Interview:
    """Put right what was entered wrongly; 404, 409 once voided, 412 when it has changed since."""
    before = await _locked(tx, principal, interview_id)
    rules.refuse_voided(before)
    if before.version != version:
        raise Stale(before.version)
    guide = await questionnaires.find(tx, before.questionnaire, before.questionnaire_version)
    changes = {name: getattr(body, name) for name in body.model_fields_set & {"contact_person", "held_at", "note"}}
    if body.held_at is not None:
        not_future(body.held_at, tx.now, "held_at")
    if body.answers is not None:
        heard = _heard(guide, body.answers)
        changes |= {"grades": heard.grades, "words": heard.words, "answered": heard.answered}
    if body.opportunities is not None:
        changes |= _found(body.opportunities)
    after = replace(before, **changes, version=before.version + 1)
    await _write(tx, after, facts.completed(after, guide.scale, InterviewCompletedCorrected))
    await _correct_contact(tx, principal, after, body)
    return after


async def void(tx: Tx, principal: Principal, interview_id: UUID) -> Interview:
    """Say that an interview was not held, and nothing was raised in it; final."""
    after = rules.void(await _locked(tx, principal, interview_id), tx.now)
    await store.write(tx, after)
    await timeline.void(tx, [after.id])
    await log.record(tx, _draft(tx, after, facts.voided(after)))
    if (await contacts.find(tx, principal, after.contact_id)).voided_at is None:
        await contacts.void(tx, principal, after.contact_id)
    await needs.void_of_interview(tx, after.id)
    return after


async def find(reader: Reader, principal: Principal, interview_id: UUID) -> Interview:
    """One interview; 404 when the reader may not see it."""
    found = await store.find(reader, principal, interview_id)
    if found is None:
        raise NotFound("interview")
    return found


async def tell(reader: Reader, principal: Principal, interview_id: UUID) -> Told:
    """One interview with its needs as they stand."""
    found = await find(reader, principal, interview_id)
    return Told(found, await needs.of_interviews(reader, [found.id]))


async def page(  # noqa: PLR0913 - one argument for each filter
    pool: Pool,
    principal: Principal,
    after: Sequence[Any] | None,
    limit: int,
    *,
    customer_id: UUID | None = None,
    cycle_id: UUID | None = None,
    interviewer_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Interview]:
    """Interviews, newest first."""
    ids = await scope.ids_for(pool, principal, customer_id) if customer_id else None
    wanted = Filter(customer_ids=ids, cycle_id=cycle_id, interviewer_id=interviewer_id, since=since, until=until)
    async with pool.read() as reader:
        return await store.page(reader, principal, wanted, after, limit)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank who was there and what was said; how many interviews."""
    return await store.erase(tx, customer_ids)


def _heard(guide: Questionnaire, answers: Sequence[NewInterviewAnswer]) -> Heard:
    return rules.heard(guide, [one.made() for one in answers])


def _said(heard: Heard, opportunities: Sequence[NewOpportunity]) -> dict[str, Any]:
    values = {"grades": heard.grades, "words": heard.words, "answered": heard.answered}
    return values | _found(opportunities)


def _found(opportunities: Sequence[NewOpportunity]) -> dict[str, Any]:
    found = tuple(one.model_dump() for one in opportunities)
    return {"opportunities": found, "opportunity_count": len(found)}


def _contact(body: NewInterview, held_at: datetime) -> NewInteraction:
    return NewInteraction(
        customer_id=body.customer_id,
        channel=body.channel,
        direction="out",
        kind="interview",
        occurred_at=held_at,
        employee=body.interviewer,
        contact_person=body.contact_person,
        outcome="need_now" if any(one.pressing for one in body.needs) else "later" if body.needs else None,
    )


async def _raise(tx: Tx, principal: Principal, interview: Interview, body: NewInterview) -> list[Need]:
    origin = Origin(
        customer_id=body.customer_id,
        unit_id=interview.unit_id,
        raised_at=interview.held_at,
        raised_by=interview.interviewer_id,
        interview_id=interview.id,
        contact_id=interview.contact_id,
    )
    return await needs.raise_all(tx, principal, origin, [one.told(f"needs[{n}].") for n, one in enumerate(body.needs)])


async def _correct_contact(tx: Tx, principal: Principal, after: Interview, body: InterviewCorrection) -> None:
    changes: dict[str, Any] = {}
    if body.held_at is not None:
        changes["occurred_at"] = after.held_at
    if "contact_person" in body.model_fields_set:
        changes["contact_person"] = after.contact_person
    contact = await contacts.find(tx, principal, after.contact_id)
    if changes and contact.voided_at is None:
        await contacts.correct(tx, principal, contact.id, contact.version, changes)


async def _locked(tx: Tx, principal: Principal, interview_id: UUID) -> Interview:
    found = await find(tx, principal, interview_id)
    if found.customer_id:
        await scope.locked_customer(tx, principal, found.customer_id)
    locked = await store.lock(tx, interview_id)
    if locked is None:
        raise NotFound("interview")
    return locked


async def _write(tx: Tx, interview: Interview, fact: Fact) -> None:
    await store.write(tx, interview)
    await timeline.write(tx, [rules.entry(interview)])
    await log.record(tx, _draft(tx, interview, fact))


def _draft(tx: Tx, interview: Interview, fact: Fact) -> Event[Any]:
    return log.draft(
        tx,
        fact,
        aggregate=interview.id,
        sequence=interview.version,
        subject=interview.customer_id,
        time=interview.held_at,
    )
