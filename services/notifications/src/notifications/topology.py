"""What this service emits, and which of its handlers reads what."""

from guanxi import directory
from guanxi.events import Consumer, Topology
from guanxi.events.complaints import (
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintEscalated,
    ComplaintFiled,
    ComplaintFiledCorrected,
    ComplaintFiledVoided,
    ComplaintHandedOver,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintResumed,
    ComplaintWaiting,
    DeadlineMissed,
)
from guanxi.events.improvements import ComplaintImproved, ImprovementPublished
from guanxi.events.interactions import (
    ContactPlanned,
    HandoverPlanned,
    NeedAnswered,
    NeedOverdue,
    NeedRaised,
    NeedReopened,
    NeedVoided,
    PlanItemDone,
    PlanItemMissed,
    PromiseBroken,
    PromiseBrokenVoided,
    PromiseDueSoon,
    PromiseKept,
    PromiseMadeVoided,
    PromiseRenegotiated,
    PromiseWithdrawn,
)
from guanxi.events.notifications import (
    ConsentChanged,
    ImprovementTold,
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
)
from guanxi.events.relationships import CareTaskOpened, RelationshipAtRisk
from guanxi.events.reports import ProfileReported, ProfileReportedCorrected, ProfileReportedVoided
from guanxi.events.reviews import ReviewStepDone, ReviewStepOverdue, ReviewStepStarted
from guanxi.events.scores import SegmentChanged
from notifications.alerts import handlers as alerts
from notifications.feeds import handlers as feeds
from notifications.feeds.rules import FED
from notifications.improvements import handlers as improvements
from notifications.messages import handlers as messages
from notifications.permissions import handlers as permissions

PERMISSIONS = Consumer(
    "permissions",
    {
        ProfileReported: permissions.on_profile_reported,
        ProfileReportedCorrected: permissions.on_profile_corrected,
        ProfileReportedVoided: permissions.on_profile_voided,
    },
)

# Whoever is told is told once: these start with what comes next and are never rebuilt.
MESSAGES = Consumer(
    "messages",
    {
        ComplaintFiled: messages.on_progress,
        ComplaintFiledCorrected: messages.on_ticket,
        ComplaintFiledVoided: messages.on_voided,
        ComplaintHandedOver: messages.on_ticket,
        ComplaintEscalated: messages.on_ticket,
        ComplaintReopened: messages.on_ticket,
        ComplaintWaiting: messages.on_ticket,
        ComplaintResumed: messages.on_ticket,
        ComplaintAnswered: messages.on_progress,
        ComplaintResolved: messages.on_progress,
        ComplaintClosed: messages.on_progress,
    },
    kind="reaction",
)
IMPROVEMENTS = Consumer(
    "improvements",
    {ImprovementPublished: improvements.on_published, ComplaintImproved: improvements.on_improved},
    kind="reaction",
)
ALERTS = Consumer(
    "alerts",
    {
        ComplaintFiled: alerts.on_cause,
        ComplaintHandedOver: alerts.on_cause,
        ComplaintEscalated: alerts.on_cause,
        ComplaintReopened: alerts.on_cause,
        DeadlineMissed: alerts.on_cause,
        PromiseDueSoon: alerts.on_cause,
        PromiseBroken: alerts.on_next,
        SegmentChanged: alerts.on_cause,
        NeedRaised: alerts.on_cause,
        NeedOverdue: alerts.on_cause,
        NeedAnswered: alerts.on_next,
        NeedReopened: alerts.on_next,
        NeedVoided: alerts.on_settled,
        CareTaskOpened: alerts.on_cause,
        RelationshipAtRisk: alerts.on_risk,
        HandoverPlanned: alerts.on_handover,
        ContactPlanned: alerts.on_plan,
        PlanItemMissed: alerts.on_next,
        PlanItemDone: alerts.on_plan_item_done,
        ReviewStepStarted: alerts.on_cause,
        ReviewStepOverdue: alerts.on_next,
        ReviewStepDone: alerts.on_settled,
        ImprovementPublished: alerts.on_cause,
        ComplaintResolved: alerts.on_settled,
        ComplaintClosed: alerts.on_settled,
        ComplaintFiledVoided: alerts.on_settled,
        PromiseKept: alerts.on_settled,
        PromiseRenegotiated: alerts.on_settled,
        PromiseWithdrawn: alerts.on_settled,
        PromiseBrokenVoided: alerts.on_settled,
        PromiseMadeVoided: alerts.on_settled,
    },
    kind="reaction",
)
FEEDS = Consumer("feeds", dict.fromkeys(FED, feeds.on_fact), kind="reaction")

TOPOLOGY = Topology(
    service="notifications",
    emits=(NotificationSent, NotificationFailed, NotificationSuppressed, ConsentChanged, ImprovementTold),
    consumers=(directory.CONSUMER, PERMISSIONS, MESSAGES, IMPROVEMENTS, ALERTS, FEEDS),
)
