"""The one place where the parts of this service are put together."""

from pathlib import Path

from guanxi.db import declared_tables
from guanxi.service import Service
from notifications.alerts import api as alerts_api
from notifications.alerts import usecases as alerts
from notifications.feeds import api as feeds_api
from notifications.feeds import sender as feeds_sender
from notifications.feeds import usecases as feeds
from notifications.messages import api as messages_api
from notifications.messages import sender
from notifications.messages import usecases as messages
from notifications.permissions import api as permissions_api
from notifications.permissions import usecases as permissions
from notifications.settings import Settings
from notifications.templates import api as templates_api
from notifications.topology import TOPOLOGY

SERVICE = Service(
    name="notifications",
    title="Notifications",
    description="Who must know: permissions, messages, staff inbox, webhooks.",
    settings=Settings,
    metadata=declared_tables("notifications"),
    migrations=Path(__file__).parents[2] / "migrations",
    topology=TOPOLOGY,
    routers=(permissions_api.router, messages_api.router, templates_api.router, alerts_api.router, feeds_api.router),
    due={alerts.ESCALATION: alerts.escalate},
    jobs=(sender.SWEEP, feeds_sender.BOUND),
    loops=(sender.LOOP, feeds_sender.LOOP),
    tally=messages.tally,
    erasers=(permissions.erase, messages.erase, alerts.erase, feeds.erase),
)
