"""What this service emits, and which of its handlers reads what."""

from guanxi.events import Topology

TOPOLOGY = Topology(
    service="customer-profile",
    emits=(),
)
