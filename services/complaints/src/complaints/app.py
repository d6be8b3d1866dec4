"""The one place where the parts of this service are put together."""

from pathlib import Path

from complaints.answers import api as answers_api
from complaints.answers import usecases as answers
from complaints.channels import api as channels_api
from complaints.custody import api as custody_api
from complaints.custody import usecases as custody
from complaints.deadlines import api as deadlines_api
from complaints.deadlines import usecases as deadlines
from complaints.entitlements import api as entitlements_api
from complaints.entitlements import life as policies
from complaints.entitlements import policy_api
from complaints.filing import api as filing_api
from complaints.goodwill import api as goodwill_api
from complaints.goodwill import usecases as goodwill
from complaints.improvements import api as improvements_api
from complaints.improvements import usecases as improvements
from complaints.leavers import usecases as leavers
from complaints.problems import api as problems_api
from complaints.routing import api as routing_api
from complaints.settings import Settings
from complaints.tickets import api as tickets_api
from complaints.tickets import usecases as tickets
from complaints.tickets.rules import DUE
from complaints.topology import TOPOLOGY
from complaints.tracking import api as tracking_api
from complaints.tracking import page as tracking_page
from guanxi.db import declared_tables
from guanxi.service import Service

SERVICE = Service(
    name="complaints",
    title="Complaints",
    description="What went wrong: tickets, routing, deadlines, entitlements.",
    settings=Settings,
    metadata=declared_tables("complaints"),
    migrations=Path(__file__).parents[2] / "migrations",
    topology=TOPOLOGY,
    routers=(
        filing_api.router,
        tickets_api.router,
        custody_api.router,
        answers_api.router,
        routing_api.router,
        deadlines_api.router,
        tracking_api.router,
        channels_api.router,
        entitlements_api.router,
        policy_api.router,
        goodwill_api.router,
        problems_api.router,
        improvements_api.router,
    ),
    pages=(tracking_page.router,),
    due={
        DUE: deadlines.on_due,
        leavers.DUE: leavers.on_due,
        policies.DUE: policies.on_due,
        improvements.DUE: improvements.on_due,
    },
    erasers=(tickets.erase, custody.erase, answers.erase, goodwill.erase),
)
