"""Taking in resolved complaint reports: the higher sequence wins, a voided one is final, whatever their order."""

from __future__ import annotations

from collections.abc import Sequence

from complaints.filing import usecases
from complaints.filing.rules import Filing
from complaints.tickets import usecases as tickets
from guanxi import directory
from guanxi.db import Tx
from guanxi.events import Event
from guanxi.events.reports import ComplaintReported, ComplaintReportedVoided


async def on_complaint_reported(tx: Tx, events: Sequence[Event[ComplaintReported]]) -> None:
    """File what is new, put right what was filed before; a correction may come before what it corrects."""
    newest = await usecases.news(tx, directory.newest(events))
    subjects = [event.subject for event in newest.values() if event.subject is not None]
    # A customer whose news has not arrived yet is no reason to refuse: its id came from intake.
    known = await directory.share_locked_many(tx, subjects)
    present = await tickets.lock_many(tx, newest)
    fresh: list[Filing] = []
    for id_, event in newest.items():
        customer = known.get(event.subject) if event.subject else None
        filing = _filing(event, erased=customer is not None and customer.erased)
        if id_ in present and present[id_].voided_at is not None:
            continue
        if id_ in present:
            await usecases.correct(tx, present[id_], filing, event)
        else:
            fresh.append(filing)
    await usecases.file(tx, fresh, newest)


async def on_complaint_voided(tx: Tx, events: Sequence[Event[ComplaintReportedVoided]]) -> None:
    """Take back what was reported, and whatever is still to come under that report."""
    newest = await usecases.news(tx, directory.newest(events))
    for id_, ticket in (await tickets.lock_many(tx, newest)).items():
        if ticket.voided_at is None:
            await usecases.void(tx, ticket, newest[id_])


def _filing(event: Event[ComplaintReported], *, erased: bool) -> Filing:
    said = event.data
    return Filing(
        id=event.aggregateid,
        unit_id=said.unit,
        customer_id=event.subject,
        source=said.source,
        external_ref=said.external_ref,
        channel=said.channel,
        text=said.text,
        cause=said.cause,
        sku=said.sku,
        wish=said.wish,
        severity=said.severity,
        about=said.about,
        reply_channel=said.reply_to.channel if said.reply_to else None,
        reply_address=said.reply_to.address if said.reply_to else None,
        filed_at=event.time,
        historic=event.historic,
        erased=erased,
    )
