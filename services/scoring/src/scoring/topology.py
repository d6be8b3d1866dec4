"""What this service emits, and which of its handlers reads what."""

from guanxi.events import Consumer, Topology
from guanxi.events.relationships import CareTaskOpened, RelationshipAtRisk
from guanxi.events.reviews import (
    QualityIndicatorsSet,
    ReviewCycleClosed,
    ReviewStepDone,
    ReviewStepOverdue,
    ReviewStepStarted,
)
from guanxi.events.scores import KeyCustomerDesignated, ScoreChanged, SegmentChanged
from scoring.facts import handlers as facts
from scoring.scores import handlers as scores

TOPOLOGY = Topology(
    service="scoring",
    emits=(
        ScoreChanged,
        SegmentChanged,
        KeyCustomerDesignated,
        RelationshipAtRisk,
        CareTaskOpened,
        QualityIndicatorsSet,
        ReviewStepStarted,
        ReviewStepOverdue,
        ReviewStepDone,
        ReviewCycleClosed,
    ),
    consumers=(
        scores.CONSUMER,
        # A version of a fact is entered once, whatever comes twice or late: no inbox is needed.
        Consumer("facts", facts.HANDLERS, kind="state", read_model=facts.READ_MODEL),
    ),
)
