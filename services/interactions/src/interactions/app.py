"""The one place where the parts of this service are put together."""

from pathlib import Path

from guanxi.db import declared_tables
from guanxi.service import Service
from interactions.cards import api as cards_api
from interactions.cards import handlers as cards_handlers
from interactions.cards import page as cards_page
from interactions.cards import printing as cards_printing
from interactions.cards import usecases as cards
from interactions.cards.rules import DUE_KIND as INVITATION
from interactions.commerce import api as commerce_api
from interactions.commerce import handlers as commerce_handlers
from interactions.commerce import records_api
from interactions.commerce import usecases as commerce
from interactions.commerce.rules import DUE_KIND as PAYMENT_OVERDUE
from interactions.commerce.rules import MATCH_KIND as ORDER_MATCH
from interactions.contacts import api as contacts_api
from interactions.contacts import usecases as contacts
from interactions.followup import api as followup_api
from interactions.handovers import api as handovers_api
from interactions.handovers import handlers as handovers_handlers
from interactions.handovers.rules import DUE_KIND as LEAVER
from interactions.interviews import api as interviews_api
from interactions.interviews import usecases as interviews
from interactions.listening import api as listening_api
from interactions.listening import usecases as listening
from interactions.needs import api as needs_api
from interactions.needs import handlers as needs_handlers
from interactions.needs import usecases as needs
from interactions.needs.rules import DUE_KIND as NEED
from interactions.participation import api as participation_api
from interactions.plans import api as plans_api
from interactions.plans import handlers as plans_handlers
from interactions.plans import usecases as plans
from interactions.plans.rules import DUE_KIND as PLAN_ITEM
from interactions.promises import api as promises_api
from interactions.promises import handlers as promises_handlers
from interactions.promises import usecases as promises
from interactions.promises.rules import DUE_KIND as PROMISE
from interactions.promises.rules import REMINDER_KIND as PROMISE_REMINDER
from interactions.questionnaires import api as questionnaires_api
from interactions.settings import Settings
from interactions.timeline import api as timeline_api
from interactions.topology import TOPOLOGY
from interactions.visits import api as visits_api

SERVICE = Service(
    name="interactions",
    title="Interactions",
    description="What happened between us: contacts, orders, promises, the timeline.",
    settings=Settings,
    metadata=declared_tables("interactions"),
    migrations=Path(__file__).parents[2] / "migrations",
    topology=TOPOLOGY,
    routers=(
        contacts_api.router,
        commerce_api.router,
        records_api.router,
        promises_api.router,
        listening_api.router,
        questionnaires_api.router,
        cards_api.router,
        cards_printing.router,
        interviews_api.router,
        needs_api.router,
        participation_api.router,
        plans_api.router,
        visits_api.router,
        followup_api.router,
        handovers_api.router,
        timeline_api.router,
    ),
    pages=(cards_page.router,),
    due={
        PROMISE: promises_handlers.on_due,
        PROMISE_REMINDER: promises_handlers.on_reminder,
        PAYMENT_OVERDUE: commerce_handlers.on_payment_due,
        ORDER_MATCH: commerce_handlers.on_look_again,
        NEED: needs_handlers.on_due,
        INVITATION: cards_handlers.on_due,
        PLAN_ITEM: plans_handlers.on_due,
        LEAVER: handovers_handlers.on_due,
    },
    erasers=(
        contacts.erase,
        commerce.erase,
        promises.erase,
        listening.erase,
        interviews.erase,
        needs.erase,
        cards.erase,
        plans.erase,
    ),
)
