"""Resolved reports: what came in, checked, with the customer's id as the event's subject.

One type for each inbound type, with the same data plus where it came from. Intake keeps one aggregate for each (source,
family, reference) and counts its revisions in `sequence`; downstream rows take the aggregate's id, the higher sequence
wins, a voided report is final. Nobody downstream refuses one.
"""

from __future__ import annotations

from pydantic import ConfigDict

from guanxi.events import inbound
from guanxi.events._envelope import Fact, fact_types
from guanxi.events.fields import Code


class Resolved(Fact):
    """Where a report came from."""

    model_config = ConfigDict(extra="ignore")

    source: Code
    """The publisher's name, as in its topic."""
    unit: Code
    """The code of the unit that the publisher belongs to."""


class ProfileReported(inbound.ProfileReported, Resolved, type="guanxi.reports.ProfileReported.v1"):
    """A source described the customer; its permissions are evidence for notifications."""


class ProfileReportedCorrected(ProfileReported, type="guanxi.reports.ProfileReportedCorrected.v1"):
    """The whole profile as it should have been."""


class ProfileReportedVoided(inbound.ProfileReportedVoided, Resolved, type="guanxi.reports.ProfileReportedVoided.v1"):
    """There is no such customer."""


class ContactReported(inbound.ContactReported, Resolved, type="guanxi.reports.ContactReported.v1"):
    """Somebody of ours and the customer spoke or wrote to each other."""


class ContactReportedCorrected(ContactReported, type="guanxi.reports.ContactReportedCorrected.v1"):
    """The whole contact as it should have been."""


class ContactReportedVoided(inbound.ContactReportedVoided, Resolved, type="guanxi.reports.ContactReportedVoided.v1"):
    """The contact did not take place."""


class OrderReported(inbound.OrderReported, Resolved, type="guanxi.reports.OrderReported.v1"):
    """The customer bought."""


class OrderReportedCorrected(OrderReported, type="guanxi.reports.OrderReportedCorrected.v1"):
    """The whole order as it should have been."""


class OrderReportedVoided(inbound.OrderReportedVoided, Resolved, type="guanxi.reports.OrderReportedVoided.v1"):
    """The order was never placed."""


class DeliveryReported(inbound.DeliveryReported, Resolved, type="guanxi.reports.DeliveryReported.v1"):
    """Goods of an order reached the customer."""


class DeliveryReportedCorrected(DeliveryReported, type="guanxi.reports.DeliveryReportedCorrected.v1"):
    """The whole delivery as it should have been."""


class DeliveryReportedVoided(inbound.DeliveryReportedVoided, Resolved, type="guanxi.reports.DeliveryReportedVoided.v1"):
    """Nothing was delivered."""


class ReturnReported(inbound.ReturnReported, Resolved, type="guanxi.reports.ReturnReported.v1"):
    """The customer gave goods back."""


class ReturnReportedCorrected(ReturnReported, type="guanxi.reports.ReturnReportedCorrected.v1"):
    """The whole return as it should have been."""


class ReturnReportedVoided(inbound.ReturnReportedVoided, Resolved, type="guanxi.reports.ReturnReportedVoided.v1"):
    """Nothing was returned."""


class PaymentReported(inbound.PaymentReported, Resolved, type="guanxi.reports.PaymentReported.v1"):
    """An amount is due, was paid, or both."""


class PaymentReportedCorrected(PaymentReported, type="guanxi.reports.PaymentReportedCorrected.v1"):
    """The whole payment as it should have been."""


class PaymentReportedVoided(inbound.PaymentReportedVoided, Resolved, type="guanxi.reports.PaymentReportedVoided.v1"):
    """Nothing was paid and nothing is due."""


class ServiceReported(inbound.ServiceReported, Resolved, type="guanxi.reports.ServiceReported.v1"):
    """The product was exchanged, cared for, explained or repaired."""


class ServiceReportedCorrected(ServiceReported, type="guanxi.reports.ServiceReportedCorrected.v1"):
    """The whole service as it should have been."""


class ServiceReportedVoided(inbound.ServiceReportedVoided, Resolved, type="guanxi.reports.ServiceReportedVoided.v1"):
    """The service was not performed."""


class ComplaintReported(inbound.ComplaintReported, Resolved, type="guanxi.reports.ComplaintReported.v1"):
    """Somebody complained; without a subject, anonymously."""


class ComplaintReportedCorrected(ComplaintReported, type="guanxi.reports.ComplaintReportedCorrected.v1"):
    """The whole complaint as it should have been."""


class ComplaintReportedVoided(
    inbound.ComplaintReportedVoided, Resolved, type="guanxi.reports.ComplaintReportedVoided.v1"
):
    """Nobody complained."""


class OpinionReported(inbound.OpinionReported, Resolved, type="guanxi.reports.OpinionReported.v1"):
    """Somebody filled in a card or survey; without a subject, anonymously."""


class OpinionReportedCorrected(OpinionReported, type="guanxi.reports.OpinionReportedCorrected.v1"):
    """The whole opinion as it should have been."""


class OpinionReportedVoided(inbound.OpinionReportedVoided, Resolved, type="guanxi.reports.OpinionReportedVoided.v1"):
    """The opinion was not given."""


class MentionReported(inbound.MentionReported, Resolved, type="guanxi.reports.MentionReported.v1"):
    """Somebody spoke of the firm in public."""


class MentionReportedCorrected(MentionReported, type="guanxi.reports.MentionReportedCorrected.v1"):
    """The whole mention as it should have been."""


class MentionReportedVoided(inbound.MentionReportedVoided, Resolved, type="guanxi.reports.MentionReportedVoided.v1"):
    """There was no such mention."""


def resolved(report: inbound.Inbound, *, source: str, unit: str) -> Resolved:
    """The resolved twin of a report that passed the door, not validated a second time."""
    target = fact_types()[report.TYPE.replace("guanxi.inbound.", "guanxi.reports.", 1)]
    if not issubclass(target, Resolved):
        message = f"{target.__name__} is no resolved report"
        raise TypeError(message)
    return target.model_construct(**dict(report), source=source, unit=unit)
