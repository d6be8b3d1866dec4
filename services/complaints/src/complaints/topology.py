"""What this service emits, and which of its handlers reads what."""

from complaints.entitlements.handlers import AGREEMENTS, PURCHASES, STANDING
from complaints.filing.handlers import on_complaint_reported, on_complaint_voided
from complaints.leavers.handlers import on_employee_state
from complaints.levels.handlers import on_segment_changed
from guanxi import directory
from guanxi.events import Consumer, Kept, ReadModel, Topology
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
    DeadlineMissedVoided,
)
from guanxi.events.entitlements import EntitlementPolicyPublished, GoodwillApproved, GoodwillSpent
from guanxi.events.improvements import ComplaintImproved, ImprovementPublished, ProblemRecognised
from guanxi.events.organisation import EmployeeState
from guanxi.events.reports import ComplaintReported, ComplaintReportedCorrected, ComplaintReportedVoided
from guanxi.events.scores import SegmentChanged

TOPOLOGY = Topology(
    service="complaints",
    emits=(
        ComplaintFiled,
        ComplaintFiledCorrected,
        ComplaintFiledVoided,
        ComplaintHandedOver,
        ComplaintEscalated,
        ComplaintWaiting,
        ComplaintResumed,
        ComplaintAnswered,
        ComplaintResolved,
        ComplaintReopened,
        ComplaintClosed,
        DeadlineMissed,
        DeadlineMissedVoided,
        EntitlementPolicyPublished,
        GoodwillApproved,
        GoodwillSpent,
        ProblemRecognised,
        ImprovementPublished,
        ComplaintImproved,
    ),
    consumers=(
        directory.CONSUMER,
        PURCHASES,
        STANDING,
        AGREEMENTS,
        Consumer(
            "levels",
            {SegmentChanged: on_segment_changed},
            kind="state",
            read_model=ReadModel(tables=(Kept("customer_level", passing=frozenset({"created_at", "recorded_at"})),)),
        ),
        Consumer("leavers", {EmployeeState: on_employee_state}, kind="state"),
        Consumer(
            "reported",
            {
                ComplaintReported: on_complaint_reported,
                ComplaintReportedCorrected: on_complaint_reported,
                ComplaintReportedVoided: on_complaint_voided,
            },
        ),
    ),
)
