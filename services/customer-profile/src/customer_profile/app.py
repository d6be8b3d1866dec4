"""The one place where the parts of this service are put together."""

from datetime import timedelta
from pathlib import Path

import customer_profile.identity.tables
import customer_profile.overview.tables  # noqa: F401 - these two are declared for the schema's check alone
from customer_profile.agreements import usecases as agreed
from customer_profile.agreements.api import router as agreements
from customer_profile.customers import leavers
from customer_profile.customers import usecases as customers
from customer_profile.customers.api import router as customers_router
from customer_profile.customers.downloads import router as downloads_router
from customer_profile.customers.heartbeat import make_heartbeat
from customer_profile.identity import usecases as identity
from customer_profile.identity.api import router as identity_router
from customer_profile.intake import batches, desk
from customer_profile.intake.api import router as intake
from customer_profile.matching import desk as duplicates
from customer_profile.matching import usecases as matching
from customer_profile.matching.api import router as matching_router
from customer_profile.organisation.api import router as organisation
from customer_profile.overview import usecases as overview
from customer_profile.overview.api import router as overview_router
from customer_profile.referrals.api import router as referrals
from customer_profile.settings import Settings
from customer_profile.sources import usecases as publishers
from customer_profile.sources.api import router as sources
from customer_profile.topology import TOPOLOGY
from guanxi.db import declared_tables
from guanxi.service import Job, Service

SERVICE = Service(
    name="customer-profile",
    title="Customer profile",
    description="Who the customer is: identity, merges, the file, staff and units, intake from outside.",
    settings=Settings,
    metadata=declared_tables("customer_profile"),
    migrations=Path(__file__).parents[2] / "migrations",
    topology=TOPOLOGY,
    routers=(
        downloads_router,
        customers_router,
        identity_router,
        matching_router,
        overview_router,
        referrals,
        agreements,
        organisation,
        sources,
        intake,
    ),
    jobs=(
        Job("source-topics", timedelta(seconds=1), publishers.make_topics),
        Job("match-policy", timedelta(seconds=5), duplicates.look_again),
        Job("inbound-answers", timedelta(minutes=30), batches.forget_answers),
    ),
    due={leavers.LEAVES: leavers.on_day, leavers.HANDS_OVER: leavers.on_rest, leavers.LOOKS_AGAIN: leavers.on_rest},
    # Publishers, then merges, then customers: the order in which batches and merges lock.
    erasers=(
        desk.erase,
        identity.hold,
        customers.erase,
        identity.erase,
        matching.erase,
        overview.erase,
        agreed.erase,
    ),
    tally=customers.tally,
    heartbeat=make_heartbeat,
)
