"""The one place where the parts of this service are put together."""

from pathlib import Path

from guanxi.service import Service

from notifications.settings import Settings
from notifications.tables import metadata
from notifications.topology import TOPOLOGY

SERVICE = Service(
    name="notifications",
    title="Notifications",
    description="Who must know: permissions, messages, staff inbox, webhooks.",
    settings=Settings,
    metadata=metadata,
    migrations=Path(__file__).parents[2] / "migrations",
    topology=TOPOLOGY,
    routers=(),
)
