"""Handing complaints on, taking them up, and where they came to the wrong door."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path

from complaints.custody import usecases
from complaints.custody.schemas import HandoverCreate, RuleProposed, WrongDoorRead, WrongDoors
from complaints.fields import IfMatchGiven, UtcTime
from complaints.routing.lessons import Lesson
from complaints.routing.rules import DESK
from complaints.tickets.schemas import ComplaintItem
from complaints.tickets.steps import Writer, take
from guanxi.auth import Principal
from guanxi.http import Forbidden, Read, Unprocessable, read

router = APIRouter(tags=["custody"])


@router.post("/complaints/{complaint_id}/handovers", status_code=201)
async def hand_over(complaint_id: UUID, body: HandoverCreate, call: Writer, expected: IfMatchGiven) -> ComplaintItem:
    """Ask another unit to take the complaint your unit holds. It keeps it until that unit accepts.

    The third hand-over, or eight working hours in wrong hands, escalates by itself.
    """
    _check_target(body.to_unit, call.principal)
    return await take(
        call,
        complaint_id,
        expected,
        lambda tx, ticket: usecases.hand_over(
            tx, ticket, body.to_unit, body.reason, wrong_door=body.wrong_door, principal=call.principal
        ),
    )


@router.post("/complaints/{complaint_id}/acceptance", status_code=201)
async def accept(complaint_id: UUID, call: Writer, expected: IfMatchGiven) -> ComplaintItem:
    """Take the complaint up: the hand-over that waits for your unit, else the complaint as it lies with it."""
    return await take(
        call,
        complaint_id,
        expected,
        lambda tx, ticket: usecases.accept(tx, ticket, call.principal),
        holder_only=False,
    )


@router.post("/complaints/{complaint_id}/handovers/{n}/acceptance", status_code=201)
async def accept_handover(
    complaint_id: UUID, n: Annotated[int, Path(ge=1, le=10**6)], call: Writer, expected: IfMatchGiven
) -> ComplaintItem:
    """Accept one hand-over, by its number in the complaint's custody."""
    return await take(
        call,
        complaint_id,
        expected,
        lambda tx, ticket: usecases.accept(tx, ticket, call.principal, n),
        holder_only=False,
    )


@router.get("/reports/wrong-doors")
async def wrong_doors(
    call: Annotated[Read, Depends(read("complaints:read"))], since: UtcTime | None = None
) -> WrongDoors:
    """How often complaints of each cause came to a unit that was wrong for them, and the routing rules this teaches.

    Learned from is what a rule sent to a wrong door, and not a rule about its product. One is proposed where at least
    three complaints of a cause, more than half of those, ended at one internal unit, and the rules send it elsewhere.
    """
    if not call.principal.internal:
        raise Forbidden
    async with call.pool.read() as reader:
        cells, taught = await usecases.wrong_doors(reader, since), await usecases.lessons(reader, since)
    return WrongDoors(
        cells=[WrongDoorRead.model_validate(cell) for cell in cells],
        proposals=[_proposed(lesson) for lesson in taught],
    )


def _proposed(lesson: Lesson) -> RuleProposed:
    return RuleProposed(
        cause=lesson.cause,
        to_unit=lesson.to_unit,
        priority=lesson.priority,
        complaints=lesson.complaints,
        of=lesson.of,
        replaces=lesson.replaces.id if lesson.replaces else None,
    )


def _check_target(to_unit: str, principal: Principal) -> None:
    # An external unit hands back to the desk; what other units there are is none of its business.
    if not principal.internal and to_unit != DESK:
        raise Unprocessable.field("to_unit", "unknown-unit", "There is no such unit.")
