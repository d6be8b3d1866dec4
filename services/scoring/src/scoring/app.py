"""The one place where the parts of this service are put together."""

from pathlib import Path

from guanxi.service import Service

from scoring.settings import Settings
from scoring.tables import metadata
from scoring.topology import TOPOLOGY

SERVICE = Service(
    name="scoring",
    title="Scoring",
    description="What it means: value, trust, tiers, segments.",
    settings=Settings,
    metadata=metadata,
    migrations=Path(__file__).parents[2] / "migrations",
    topology=TOPOLOGY,
    routers=(),
)
