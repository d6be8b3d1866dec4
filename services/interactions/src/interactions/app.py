"""The one place where the parts of this service are put together."""

from pathlib import Path

from guanxi.service import Service

from interactions.settings import Settings
from interactions.tables import metadata
from interactions.topology import TOPOLOGY

SERVICE = Service(
    name="interactions",
    title="Interactions",
    description="What happened between us: contacts, orders, promises, the timeline.",
    settings=Settings,
    metadata=metadata,
    migrations=Path(__file__).parents[2] / "migrations",
    topology=TOPOLOGY,
    routers=(),
)
