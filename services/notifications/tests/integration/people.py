"""Facts that tests of this service are about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from guanxi.events import Event
from guanxi.events.complaints import ComplaintFiled, DeadlineMissed, Ticket
from guanxi.events.improvements import ComplaintImproved, ImprovementPublished
from guanxi.events.interactions import PromiseBroken
from guanxi.events.reports import ProfileReported
from guanxi.events.scores import SegmentChanged
from guanxi.ports import SystemIds
from guanxi.testing.builders import an_event


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return SystemIds().new()


def a_ticket(
    kind: type[Ticket] = ComplaintFiled,
    *,
    customer: UUID | None = None,
    complaint: UUID | None = None,
    late: timedelta = timedelta(0),
    sequence: int = 1,
    **values: Any,
) -> Event[Any]:
    """A fact about a complaint."""
    complaint = complaint or new_id()
    state = {"number": "C-2026-000001", "unit": "head-office", "channel": "web", "cause": "quality", "severity": "high"}
    state |= {"status": "assigned", "holder_unit": "complaint-desk", "service_level": "standard"}
    fact = kind.model_validate({"complaint_id": complaint, **state, "filed_at": datetime.now(UTC) - late, **values})
    return an_event(fact, aggregate=complaint, subject=customer, late=late, sequence=sequence)


def a_profile(customer: UUID, *permissions: dict[str, Any], sequence: int = 1, **values: Any) -> Event[ProfileReported]:
    """A reported profile with permissions."""
    fact = ProfileReported.model_validate(
        {
            "external_customer": "A-1",
            "kind": "organisation",
            "name": "山西煤業",
            "permissions": permissions,
            "source": "dealer-17",
            "unit": "dealer-17",
        }
    )
    return an_event(fact, subject=customer, sequence=sequence, **values)


def a_broken_promise(customer: UUID, unit: str, **values: Any) -> Event[PromiseBroken]:
    """A promise that was not kept."""
    now = datetime.now(UTC)
    fact = PromiseBroken(
        unit="head-office",
        promise_id=new_id(),
        fulfilling_unit=unit,
        made_at=now - timedelta(days=3),
        due_at=now,
        broken_at=now,
    )
    return an_event(fact, aggregate=fact.promise_id, subject=customer, **values)


def a_promise(
    kind: type[Any], customer: UUID, promise: UUID, promiser: UUID | None, *, sequence: int, **values: Any
) -> Event[Any]:
    """A fact about a promise that logistics has to keep."""
    now = datetime.now(UTC)
    state = {"unit": "head-office", "promise_id": promise, "promiser_id": promiser, "fulfilling_unit": "logistics"}
    state |= {"made_at": now - timedelta(days=3), "due_at": now + timedelta(hours=4)}
    return an_event(kind.model_validate({**state, **values}), aggregate=promise, subject=customer, sequence=sequence)


def a_fall(
    customer: UUID, before: str = "top", now: str | None = "middle", direction: str = "down"
) -> Event[SegmentChanged]:
    """A customer who moved between tiers."""
    fact = SegmentChanged(
        segment="value",
        tier=now,
        previous_tier=before,
        as_of=datetime.now(UTC).date(),
        direction=direction,
        members=(customer,),
    )
    return an_event(fact, subject=customer)


def a_missed_deadline(
    customer: UUID | None, complaint: UUID, holder: UUID | None = None, *, at: int | None = None
) -> Event[DeadlineMissed]:
    """A deadline of a complaint that went by when the complaint was `at` this version."""
    fact = DeadlineMissed(
        deadline_id=new_id(),
        complaint_id=complaint,
        number="C-2026-000001",
        unit="head-office",
        kind="answer",
        due_at=datetime.now(UTC),
        cause="quality",
        severity="high",
        status="assigned",
        holder_unit="complaint-desk",
        holder_id=holder,
        service_level="standard",
        complaint_sequence=at,
    )
    return an_event(fact, aggregate=fact.deadline_id, subject=customer)


TITLES = (
    {"language": "zh-Hans", "words": "展架改为提前两周备料"},
    {"language": "en", "words": "Stands are kept in stock two weeks ahead"},
)


def an_improvement(
    improvement: UUID, complainants: int, *, anonymous: int = 0, sequence: int = 1, **values: Any
) -> Event[ImprovementPublished]:
    """The firm changed something and says so."""
    now = datetime.now(UTC)
    state = {"source": "problem", "titles": TITLES, "effective_on": now.date(), "published_at": now}
    state |= {"complainants": complainants, "anonymous": anonymous}
    fact = ImprovementPublished.model_validate({"improvement_id": improvement, **state, **values})
    return an_event(fact, aggregate=improvement, sequence=sequence)


def an_improved(
    improvement: UUID, customer: UUID | None, *, complaint: UUID | None = None, late: timedelta = timedelta(0)
) -> Event[ComplaintImproved]:
    """What a customer complained of was changed."""
    state = {"number": "C-2026-000001", "unit": "head-office", "cause": "quality", "titles": TITLES}
    fact = ComplaintImproved.model_validate(
        {
            "improvement_id": improvement,
            "complaint_id": complaint or new_id(),
            "effective_on": datetime.now(UTC).date(),
            **state,
        }
    )
    return an_event(fact, subject=customer, late=late)
