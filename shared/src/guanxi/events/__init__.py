"""Facts, their envelope and who emits and reads them: the one language of the five services."""

from guanxi.events._envelope import (
    HISTORIC_AFTER,
    OWNERS,
    Event,
    Fact,
    MalformedEventError,
    Personal,
    UnknownTypeError,
    fact_types,
    make_event,
    parse,
)
from guanxi.events._topology import Consumer, Handler, Topology

__all__ = [
    "HISTORIC_AFTER",
    "OWNERS",
    "Consumer",
    "Event",
    "Fact",
    "Handler",
    "MalformedEventError",
    "Personal",
    "Topology",
    "UnknownTypeError",
    "fact_types",
    "make_event",
    "parse",
]
