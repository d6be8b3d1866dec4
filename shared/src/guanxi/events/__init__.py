"""Facts, their envelope and who emits and reads them: the one language of the five services."""

from guanxi.events import (  # the fact modules register their types on import
    complaints,
    customers,
    directory,
    inbound,
    interactions,
    notifications,
    organisation,
    reports,
    scores,
)
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
from guanxi.events._topology import Consumer, Handler, InboundConsumer, InboundHandler, InboundRecord, Topology

__all__ = [
    "HISTORIC_AFTER",
    "OWNERS",
    "Consumer",
    "Event",
    "Fact",
    "Handler",
    "InboundConsumer",
    "InboundHandler",
    "InboundRecord",
    "MalformedEventError",
    "Personal",
    "Topology",
    "UnknownTypeError",
    "complaints",
    "customers",
    "directory",
    "fact_types",
    "inbound",
    "interactions",
    "make_event",
    "notifications",
    "organisation",
    "parse",
    "reports",
    "scores",
]
