"""What this service emits, and which of its handlers reads what."""

from guanxi import directory
from guanxi.events import Topology

TOPOLOGY = Topology(
    service="interactions",
    emits=(),
    consumers=(directory.CONSUMER,),
)
