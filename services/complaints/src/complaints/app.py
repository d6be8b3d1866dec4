"""The one place where the parts of this service are put together."""

from pathlib import Path

from guanxi.service import Service

from complaints.settings import Settings
from complaints.tables import metadata
from complaints.topology import TOPOLOGY

SERVICE = Service(
    name="complaints",
    title="Complaints",
    description="What went wrong: tickets, routing, deadlines.",
    settings=Settings,
    metadata=metadata,
    migrations=Path(__file__).parents[2] / "migrations",
    topology=TOPOLOGY,
    routers=(),
)
