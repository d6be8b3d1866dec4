"""What this service emits, and which of its handlers reads what."""

from guanxi import directory
from guanxi.events import (
    Consumer,
    Kept,
    ReadModel,
    Topology,
    complaints,
    interactions,
    notifications,
    organisation,
    relationships,
    reports,
)
from interactions.commerce import handlers as commerce
from interactions.contacts import handlers as contacts
from interactions.handovers import handlers as handovers
from interactions.indicators import handlers as indicators
from interactions.listening import handlers as listening
from interactions.plans import handlers as plans
from interactions.timeline import handlers as timeline

RECORDS = Consumer(
    "records",
    {
        reports.ContactReported: contacts.on_reported,
        reports.ContactReportedCorrected: contacts.on_reported,
        reports.ContactReportedVoided: contacts.on_voided,
        **commerce.HANDLERS,
        reports.OpinionReported: listening.on_opinion,
        reports.OpinionReportedCorrected: listening.on_opinion,
        reports.OpinionReportedVoided: listening.on_opinion_voided,
        reports.MentionReported: listening.on_mention,
        reports.MentionReportedCorrected: listening.on_mention,
        reports.MentionReportedVoided: listening.on_mention_voided,
    },
)
TIMELINE = Consumer(
    "timeline",
    {
        complaints.ComplaintFiled: timeline.on_ticket,
        complaints.ComplaintFiledCorrected: timeline.on_ticket,
        complaints.ComplaintFiledVoided: timeline.on_ticket_voided,
        complaints.ComplaintHandedOver: timeline.on_ticket,
        complaints.ComplaintEscalated: timeline.on_ticket,
        complaints.ComplaintWaiting: timeline.on_ticket,
        complaints.ComplaintResumed: timeline.on_ticket,
        complaints.ComplaintAnswered: timeline.on_ticket,
        complaints.ComplaintResolved: timeline.on_ticket,
        complaints.ComplaintReopened: timeline.on_ticket,
        complaints.ComplaintClosed: timeline.on_ticket,
        notifications.NotificationSent: timeline.on_message,
        notifications.NotificationFailed: timeline.on_message,
        notifications.NotificationSuppressed: timeline.on_message,
    },
    kind="state",
    read_model=ReadModel(
        tables=(
            Kept("timeline_entry", counts="{row}.kind IN ('complaint', 'message')", passing=frozenset({"recorded_at"})),
        ),
    ),
)
LEAVERS = Consumer("leavers", {organisation.EmployeeState: handovers.on_employee_state}, kind="state")
CARE = Consumer("care", {relationships.CareTaskOpened: plans.on_care_task})

TOPOLOGY = Topology(
    service="interactions",
    emits=(
        interactions.CustomerContacted,
        interactions.CustomerContactedCorrected,
        interactions.CustomerContactedVoided,
        interactions.PromiseMade,
        interactions.PromiseMadeCorrected,
        interactions.PromiseMadeVoided,
        interactions.PromiseDueSoon,
        interactions.PromiseKept,
        interactions.PromiseKeptVoided,
        interactions.PromiseBroken,
        interactions.PromiseBrokenVoided,
        interactions.PromiseRenegotiated,
        interactions.PromiseWithdrawn,
        interactions.OrderPlaced,
        interactions.OrderPlacedCorrected,
        interactions.OrderPlacedVoided,
        interactions.OrderDelivered,
        interactions.OrderDeliveredCorrected,
        interactions.OrderDeliveredVoided,
        interactions.OrderReturned,
        interactions.OrderReturnedCorrected,
        interactions.OrderReturnedVoided,
        interactions.PaymentReceived,
        interactions.PaymentReceivedCorrected,
        interactions.PaymentReceivedVoided,
        interactions.ServicePerformed,
        interactions.ServicePerformedCorrected,
        interactions.ServicePerformedVoided,
        interactions.PaymentOverdue,
        interactions.PaymentOverdueVoided,
        interactions.OpinionGiven,
        interactions.OpinionGivenCorrected,
        interactions.OpinionGivenVoided,
        interactions.MentionObserved,
        interactions.MentionObservedCorrected,
        interactions.MentionObservedVoided,
        interactions.InterviewCompleted,
        interactions.InterviewCompletedCorrected,
        interactions.InterviewCompletedVoided,
        interactions.NeedRaised,
        interactions.NeedAnswered,
        interactions.NeedReopened,
        interactions.NeedOverdue,
        interactions.NeedVoided,
        interactions.SurveyInvited,
        interactions.InvitationLapsed,
        interactions.VisitReported,
        interactions.ContactPlanned,
        interactions.PlanItemDone,
        interactions.PlanItemMissed,
        interactions.HandoverPlanned,
    ),
    consumers=(directory.CONSUMER, RECORDS, TIMELINE, CARE, LEAVERS, indicators.CONSUMER),
)
