"""The one place where the parts of this service are put together."""

from pathlib import Path

from guanxi.db import declared_tables
from guanxi.service import Service
from notifications.alerts import api as alerts_api
from notifications.alerts import usecases as alerts
from notifications.asking import api as asking_api
from notifications.asking import usecases as asking
from notifications.feeds import api as feeds_api
from notifications.feeds import sender as feeds_sender
from notifications.feeds import usecases as feeds
from notifications.improvements import api as improvements_api
from notifications.improvements import usecases as improvements
from notifications.messages import api as messages_api
from notifications.messages import sender
from notifications.messages import usecases as messages
from notifications.messages.rules import IMPROVEMENT_DUE, REQUEST_DUE
from notifications.permissions import api as permissions_api
from notifications.permissions import usecases as permissions
from notifications.settings import Settings
from notifications.templates import api as templates_api
from notifications.topology import TOPOLOGY
from notifications.why import api as why_api
from notifications.why import page as why_page

SERVICE = Service(
    name="notifications",
    title="Notifications",
    description="Who must know: permissions, messages, staff inbox, webhooks.",
    settings=Settings,
    metadata=declared_tables("notifications"),
    migrations=Path(__file__).parents[2] / "migrations",
    topology=TOPOLOGY,
    routers=(
        permissions_api.router,
        asking_api.router,
        messages_api.router,
        why_api.router,
        improvements_api.router,
        templates_api.router,
        alerts_api.router,
        feeds_api.router,
    ),
    pages=(why_page.router,),
    due={
        alerts.ESCALATION: alerts.escalate,
        IMPROVEMENT_DUE: improvements.look,
        improvements.ASKING: improvements.ask,
        REQUEST_DUE: asking.look,
    },
    jobs=(sender.SWEEP, feeds_sender.BOUND),
    loops=(sender.LOOP, feeds_sender.LOOP),
    tally=messages.tally,
    erasers=(permissions.erase, messages.erase, alerts.erase, feeds.erase),
)
