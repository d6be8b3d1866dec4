"""Filing: each complaint gets a number, a holder, a service level and its deadlines in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import Context
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from complaints.custody import rules as custody_rules
from complaints.custody import usecases as custody
from complaints.deadlines import usecases as deadlines
from complaints.filing import rules, store
from complaints.filing.rules import Filing
from complaints.filing.store import Advance
from complaints.levels import usecases as levels
from complaints.routing import usecases as routing
from complaints.routing.usecases import Asked
from complaints.tickets import facts
from complaints.tickets import usecases as tickets
from complaints.tickets.rules import Ticket
from guanxi.bus import log
from guanxi.db import Tx
from guanxi.events import Event
from guanxi.events.complaints import ComplaintFiled, ComplaintFiledCorrected
from guanxi.events.reports import ComplaintReportedVoided, Resolved

R = TypeVar("R", bound=Resolved)
Causes = Mapping[UUID, Event[Any]]
"""By ticket, the report that led to it."""
Contexts = Mapping[UUID, Context]
"""By ticket, the context of the request that files it, where one transaction files for several."""


async def news(tx: Tx, reports: Sequence[Event[R]]) -> dict[UUID, Event[R]]:
    """Those of these reports (at most one of each aggregate) that tell something new, by aggregate in sorted order."""
    ordered = {report.aggregateid: report for report in sorted(reports, key=lambda report: report.aggregateid)}
    steps = [
        Advance(id_, report.sequence, report.data.unit, isinstance(report.data, ComplaintReportedVoided))
        for id_, report in ordered.items()
    ]
    advanced = await store.advance(tx, steps)
    return {id_: report for id_, report in ordered.items() if id_ in advanced}


async def file(
    tx: Tx, filings: Sequence[Filing], causes: Causes | None = None, contexts: Contexts | None = None
) -> list[Ticket]:
    """File complaints; any number costs as many statements as one. The caller holds locks on their customers."""
    if not filings:
        return []
    level_of = await levels.service_levels(tx, [filing.customer_id for filing in filings])
    asked = [Asked(filing.unit_id, filing.cause or rules.OTHER, filing.sku, filing.first_door) for filing in filings]
    routes, organisation = await routing.route_all(tx, asked)
    made = [
        rules.ticket_of(filing, route, level_of[filing.customer_id], tx.now)
        for filing, route in zip(filings, routes, strict=True)
    ]
    standards = await deadlines.standards(tx)
    promised, due = deadlines.promise(tx, await tickets.numbered(tx, made), standards, organisation.units)
    periods = [
        custody_rules.held(ticket, 1, route.reason, id=tx.new_id(), now=tx.now)
        for ticket, route in zip(promised, routes, strict=True)
    ]
    await store.enter(tx, promised, periods, due)
    await deadlines.watch(tx, due)
    await log.record(tx, *(_filed(tx, ticket, causes or {}, contexts or {}) for ticket in promised))
    return promised


async def correct(tx: Tx, ticket: Ticket, filing: Filing, cause: Event[Any]) -> Ticket:
    """Put right what was complained of; where the ticket is and by when it is due stay as they are."""
    changed = rules.corrected(ticket, filing, tx.now)
    return await tickets.change(tx, changed, facts.telling(ComplaintFiledCorrected), time=cause.time, cause=cause)


async def amend(tx: Tx, ticket: Ticket, said: Ticket) -> Ticket:
    """Put right by hand what was taken down; where nothing is different nothing is told."""
    after = rules.amended(ticket, said)
    return ticket if after == ticket else await tickets.change(tx, after, facts.telling(ComplaintFiledCorrected))


async def void(tx: Tx, ticket: Ticket, cause: Event[Any] | None = None) -> Ticket:
    """Take a complaint back for ever: nobody complained, and no deadline of it was missed."""
    await deadlines.take_back(tx, ticket, cause)
    await custody.end(tx, ticket)
    return await tickets.void(tx, ticket, cause)


def _filed(tx: Tx, ticket: Ticket, causes: Causes, contexts: Contexts) -> Event[ComplaintFiled]:
    fact = facts.fact_of(ComplaintFiled, ticket)
    drafted = partial(tickets.drafted, tx, ticket, fact, time=ticket.filed_at, cause=causes.get(ticket.id))
    context = contexts.get(ticket.id)
    return context.run(drafted) if context else drafted()
