"""What reported profiles say about being written to."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.db import Tx
from guanxi.events import Event
from guanxi.events.reports import ProfileReported, ProfileReportedCorrected, ProfileReportedVoided
from notifications.permissions import usecases
from notifications.permissions.rules import FOR_EVER


async def on_profile_reported(tx: Tx, events: Sequence[Event[ProfileReported]]) -> None:
    """Enter the permissions in these profiles."""
    await usecases.take_in_reports(tx, events)


async def on_profile_corrected(tx: Tx, events: Sequence[Event[ProfileReportedCorrected]]) -> None:
    """Enter what is right, and let earlier revisions grant nothing any more."""
    await usecases.take_in_reports(tx, events)
    floors = {event.aggregateid: event.sequence for event in sorted(events, key=lambda event: event.sequence)}
    await usecases.correct_reports(tx, events, floors)


async def on_profile_voided(tx: Tx, events: Sequence[Event[ProfileReportedVoided]]) -> None:
    """There was no such customer, so nobody granted anything."""
    await usecases.correct_reports(tx, events, {event.aggregateid: FOR_EVER for event in events})
