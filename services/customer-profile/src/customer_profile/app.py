"""The one place where the parts of this service are put together."""

from pathlib import Path

from guanxi.service import Service

from customer_profile.customers import usecases as customers
from customer_profile.customers.heartbeat import make_heartbeat
from customer_profile.organisation.api import router as organisation
from customer_profile.settings import Settings
from customer_profile.tables import metadata
from customer_profile.topology import TOPOLOGY

SERVICE = Service(
    name="customer-profile",
    title="Customer profile",
    description="Who the customer is: identity, merges, the file, staff and units, intake from outside.",
    settings=Settings,
    metadata=metadata,
    migrations=Path(__file__).parents[2] / "migrations",
    topology=TOPOLOGY,
    routers=(organisation,),
    erasers=(customers.erase,),
    heartbeat=make_heartbeat,
)
