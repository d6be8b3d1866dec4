"""What happened between the customer and us. The subject is the customer, the aggregate is the row that is named.

`...Corrected` carries the whole new state under the next sequence; `...Voided` is final for what it voids.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from guanxi.events._envelope import Fact
from guanxi.events._fields import (
    BasisPoints,
    Channel,
    Code,
    Count,
    Currency,
    Days,
    Grade,
    IsoDate,
    Money,
    Part,
    Quantity,
    Reference,
    Seconds,
    ShortText,
    SignedMoney,
    Sku,
    UtcTime,
    Vocabulary,
)

DIRECTIONS = ("in", "out")
CONTACT_KINDS = ("contact", "visit", "call", "meeting", "interview", "letter")
OUTCOMES = ("need_now", "later", "none")
SERVICE_KINDS = ("exchange", "care", "use", "explanation", "repair")
SENTIMENTS = ("positive", "neutral", "negative")


class Recorded(Fact):
    """Whose record it is and where it came from."""

    unit: Code
    """The unit whose record it is: the publisher's, or the writer's own."""
    source: Code | None = None
    """The publisher, when it came as a report."""
    external_ref: Reference | None = None
    """The publisher's name for it."""


class CustomerContacted(Recorded, type="guanxi.interactions.CustomerContacted.v1"):
    """Somebody of ours and the customer spoke or wrote; what was said stays with interactions."""

    contact_id: UUID
    channel: Channel
    direction: Annotated[Code, Vocabulary(DIRECTIONS)]
    kind: Annotated[Code, Vocabulary(CONTACT_KINDS)]
    employee_id: UUID | None = None
    outcome: Annotated[Code, Vocabulary(OUTCOMES)] | None = None
    need_on: IsoDate | None = None
    occurred_at: UtcTime
    duration_s: Seconds | None = None
    cue_count: Count = 0
    """How many cue marks ("said fine, was not") were noted."""
    rival_named: bool = False
    """Whether the customer named a rival."""
    promise_count: Count = 0


class CustomerContactedCorrected(CustomerContacted, type="guanxi.interactions.CustomerContactedCorrected.v1"):
    """The whole contact as it was."""


class CustomerContactedVoided(Recorded, type="guanxi.interactions.CustomerContactedVoided.v1"):
    """The contact did not take place."""

    contact_id: UUID


class Promise(Recorded):
    """A promise as it stands; aggregate is the promise."""

    promise_id: UUID
    contact_id: UUID | None = None
    """The contact in which it was made."""
    promiser_id: UUID | None = None
    """The employee who promised."""
    fulfilling_unit: Code
    """The unit that has to keep it."""
    what_code: Code | None = None
    """The kind of thing promised, when it was coded; the words stay with interactions."""
    made_at: UtcTime
    due_at: UtcTime


class PromiseMade(Promise, type="guanxi.interactions.PromiseMade.v1"):
    """We promised something by a moment."""


class PromiseMadeCorrected(Promise, type="guanxi.interactions.PromiseMadeCorrected.v1"):
    """The whole promise as it was made."""


class PromiseMadeVoided(Recorded, type="guanxi.interactions.PromiseMadeVoided.v1"):
    """There was no promise; what came of it is void too."""

    promise_id: UUID


class PromiseKept(Promise, type="guanxi.interactions.PromiseKept.v1"):
    """The promise was kept, in time unless `kept_at` lies after `due_at`."""

    kept_at: UtcTime


class PromiseKeptVoided(Recorded, type="guanxi.interactions.PromiseKeptVoided.v1"):
    """It was not kept after all: the promise is open again."""

    promise_id: UUID


class PromiseBroken(Promise, type="guanxi.interactions.PromiseBroken.v1"):
    """The moment came and the promise was not kept; the event's time is `due_at`, or when it was owned to."""

    broken_at: UtcTime
    reason: Code | None = None


class PromiseBrokenVoided(Recorded, type="guanxi.interactions.PromiseBrokenVoided.v1"):
    """It was not broken after all: the promise is open again, or its outcome follows."""

    promise_id: UUID


class PromiseRenegotiated(Promise, type="guanxi.interactions.PromiseRenegotiated.v1"):
    """The customer agreed to another promise in its place."""

    new_promise_id: UUID
    new_due_at: UtcTime
    renegotiated_at: UtcTime
    reason: Code | None = None


class PromiseWithdrawn(Promise, type="guanxi.interactions.PromiseWithdrawn.v1"):
    """The customer let us off."""

    withdrawn_at: UtcTime
    reason: Code | None = None


class OrderLine(Part):
    """What was bought, in pieces, for how much after line discounts."""

    sku: Sku | None = None
    quantity: Quantity
    amount_minor: Money
    margin_bp: BasisPoints | None = None
    """Margin that the product declares, in basis points of `amount_minor`; none: the firm's default holds."""


class OrderPlaced(Recorded, type="guanxi.interactions.OrderPlaced.v1"):
    """The customer bought."""

    order_id: UUID
    placed_at: UtcTime
    currency: Currency
    total_minor: Money
    """What the customer owes: goods - discount + tax + shipping."""
    goods_minor: SignedMoney
    """Goods after discount, without tax and shipping: the base of the margin."""
    line_count: Count
    lines: tuple[OrderLine, ...] = ()
    way: ShortText | None = None


class OrderPlacedCorrected(OrderPlaced, type="guanxi.interactions.OrderPlacedCorrected.v1"):
    """The whole order as it was."""


class OrderPlacedVoided(Recorded, type="guanxi.interactions.OrderPlacedVoided.v1"):
    """The order was never placed."""

    order_id: UUID


class MovedLine(Part):
    """Goods that moved, in pieces."""

    sku: Sku
    quantity: Quantity


class OrderDelivered(Recorded, type="guanxi.interactions.OrderDelivered.v1"):
    """Goods reached the customer; without lines, all of the order."""

    delivery_id: UUID
    order_id: UUID | None = None
    """None while the order is unknown to us."""
    external_order: Reference | None = None
    delivered_at: UtcTime
    complete: bool | None = None
    """Whether the whole order has been delivered by now; None while that cannot be told."""
    lines: tuple[MovedLine, ...] = ()


class OrderDeliveredCorrected(OrderDelivered, type="guanxi.interactions.OrderDeliveredCorrected.v1"):
    """The whole delivery as it was."""


class OrderDeliveredVoided(Recorded, type="guanxi.interactions.OrderDeliveredVoided.v1"):
    """Nothing was delivered."""

    delivery_id: UUID


class ReturnLine(MovedLine):
    """Goods that came back and what the customer gets for them."""

    amount_minor: Money


class OrderReturned(Recorded, type="guanxi.interactions.OrderReturned.v1"):
    """The customer gave goods back."""

    return_id: UUID
    order_id: UUID | None = None
    external_order: Reference | None = None
    returned_at: UtcTime
    currency: Currency
    amount_minor: Money
    """Sum of the lines."""
    lines: tuple[ReturnLine, ...] = ()


class OrderReturnedCorrected(OrderReturned, type="guanxi.interactions.OrderReturnedCorrected.v1"):
    """The whole return as it was."""


class OrderReturnedVoided(Recorded, type="guanxi.interactions.OrderReturnedVoided.v1"):
    """Nothing was returned."""

    return_id: UUID


class PaymentReceived(Recorded, type="guanxi.interactions.PaymentReceived.v1"):
    """The customer paid."""

    payment_id: UUID
    order_id: UUID | None = None
    """None while the order is unknown to us: the payment is kept unmatched."""
    external_order: Reference | None = None
    due_on: IsoDate | None = None
    paid_on: IsoDate
    amount_minor: Money
    currency: Currency
    days_late: Days | None = None
    """Days from due to paid, negative when early; None without a due date."""


class PaymentReceivedCorrected(PaymentReceived, type="guanxi.interactions.PaymentReceivedCorrected.v1"):
    """The whole payment as it was."""


class PaymentReceivedVoided(Recorded, type="guanxi.interactions.PaymentReceivedVoided.v1"):
    """Nothing was paid."""

    payment_id: UUID


class PaymentOverdue(Recorded, type="guanxi.interactions.PaymentOverdue.v1"):
    """The day came and the amount was not paid."""

    payment_id: UUID
    order_id: UUID | None = None
    external_order: Reference | None = None
    due_on: IsoDate
    amount_minor: Money
    currency: Currency


class PaymentOverdueVoided(Recorded, type="guanxi.interactions.PaymentOverdueVoided.v1"):
    """It had been paid in time, as we learned later."""

    payment_id: UUID


class ServicePerformed(Recorded, type="guanxi.interactions.ServicePerformed.v1"):
    """The product was exchanged, cared for, explained or repaired."""

    service_id: UUID
    kind: Annotated[Code, Vocabulary(SERVICE_KINDS)]
    sku: Sku | None = None
    serial: Reference | None = None
    performed_at: UtcTime
    cost_minor: Money | None = None
    """What it cost us."""
    currency: Currency | None = None


class ServicePerformedCorrected(ServicePerformed, type="guanxi.interactions.ServicePerformedCorrected.v1"):
    """The whole service record as it was."""


class ServicePerformedVoided(Recorded, type="guanxi.interactions.ServicePerformedVoided.v1"):
    """The service was not performed."""

    service_id: UUID


class ItemGrade(Part):
    """One item of a questionnaire: what was expected and what was got."""

    item: ShortText
    expected: Grade | None = None
    obtained: Grade


class OpinionGiven(Recorded, type="guanxi.interactions.OpinionGiven.v1"):
    """Somebody filled in a card or survey; without a subject, anonymously."""

    opinion_id: UUID
    questionnaire: Code
    given_at: UtcTime
    grades: tuple[ItemGrade, ...]
    has_text: bool = False
    """Whether they wrote something as well; the words stay with interactions."""


class OpinionGivenCorrected(OpinionGiven, type="guanxi.interactions.OpinionGivenCorrected.v1"):
    """The whole opinion as it was."""


class OpinionGivenVoided(Recorded, type="guanxi.interactions.OpinionGivenVoided.v1"):
    """The opinion was not given."""

    opinion_id: UUID


class MentionObserved(Recorded, type="guanxi.interactions.MentionObserved.v1"):
    """Somebody spoke of the firm in public; words and handle stay with interactions."""

    mention_id: UUID
    platform: ShortText
    observed_at: UtcTime
    sentiment: Annotated[Code, Vocabulary(SENTIMENTS)] | None = None


class MentionObservedCorrected(MentionObserved, type="guanxi.interactions.MentionObservedCorrected.v1"):
    """The whole mention as it was."""


class MentionObservedVoided(Recorded, type="guanxi.interactions.MentionObservedVoided.v1"):
    """There was no such mention."""

    mention_id: UUID
