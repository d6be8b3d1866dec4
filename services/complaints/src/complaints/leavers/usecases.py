"""Letting the tickets of those who leave fall to their units' leads, on the day they do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from complaints.custody import usecases as custody
from complaints.leavers import store
from complaints.routing.rules import Leaver
from complaints.tickets import usecases as tickets
from guanxi import directory, due
from guanxi.db import Reader, Tx
from guanxi.events.organisation import EmployeeState

DUE = "leaving"


async def news(reader: Reader, sequences: Mapping[UUID, int]) -> set[UUID]:
    """Those of these employees of whom the directory holds no later state."""
    known = await store.sequences(reader, list(sequences))
    return {id_ for id_, sequence in sequences.items() if sequence >= known.get(id_, 0)}


async def see_off(tx: Tx, states: Sequence[EmployeeState]) -> None:
    """Let the tickets of those who have left by now fall; for those who will leave have it done on their day."""
    leavers = await _leavers(tx, states)
    later = {leaver.id: leaver.gone_from for leaver in leavers if leaver.gone_from > tx.now}
    await store.forget(tx, DUE, [state.id for state in states if state.id not in later])
    if later:
        await due.schedule_all(tx, DUE, later)
    await _replace(tx, {leaver.id for leaver in leavers} - set(later))


async def on_due(tx: Tx, employee_id: UUID, _: datetime) -> None:
    """Called when the day comes on which an employee leaves."""
    await _replace(tx, {employee_id})


async def _leavers(reader: Reader, states: Sequence[EmployeeState]) -> list[Leaver]:
    units = await directory.lineage(reader, {state.unit for state in states})
    zones = {code: directory.zone_of(unit.time_zone) for code, unit in units.items()}
    return [
        Leaver(state.id, state.left_on, zones.get(state.unit, directory.DEFAULT_ZONE))
        for state in states
        if state.left_on is not None
    ]


async def _replace(tx: Tx, leavers: Collection[UUID]) -> None:
    ids = await tickets.held_by(tx, list(leavers)) if leavers else []
    found = (await tickets.lock_many(tx, ids)).values() if ids else ()
    for ticket in found:
        if ticket.holder_id in leavers and ticket.open and ticket.voided_at is None:
            await custody.fall(tx, ticket, leavers)
