"""Events and directory states for tests, with honest defaults."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from guanxi.directory import DEFAULT_CALENDAR
from guanxi.events import Event, Fact, make_event
from guanxi.events.directory import CustomerState
from guanxi.events.organisation import EmployeeState, UnitState
from guanxi.ports import SystemIds

F = TypeVar("F", bound=Fact)
_IDS = SystemIds()


def an_event(  # noqa: PLR0913 - one argument for each attribute of an event
    fact: F,
    *,
    aggregate: UUID | None = None,
    sequence: int = 1,
    subject: UUID | None = None,
    time: datetime | None = None,
    recorded: datetime | None = None,
    late: timedelta = timedelta(0),
) -> Event[F]:
    """An event as its owner would have recorded it; `late` moves `time` back from `recorded`."""
    recorded = recorded or datetime.now(UTC)
    return make_event(
        fact,
        id=_IDS.new(),
        recorded=recorded,
        aggregate=aggregate or _IDS.new(),
        sequence=sequence,
        subject=subject,
        time=time or recorded - late,
    )


def a_customer(customer_id: UUID | None = None, *, sequence: int = 1, **values: Any) -> Event[CustomerState]:
    """A customer's published state."""
    customer_id = customer_id or _IDS.new()
    state = {"canonical_id": customer_id, "status": "active", "kind": "organisation", "role": "end_user"}
    state |= {"unit": "head-office", "name": "山西煤業", "language": "zh-Hans", "time_zone": "Asia/Shanghai", **values}
    fact = CustomerState.model_validate({"id": customer_id, **state})
    return an_event(fact, aggregate=customer_id, sequence=sequence, subject=customer_id)


def a_unit(code: str, *, sequence: int = 1, **values: Any) -> Event[UnitState]:
    """A unit's published state: internal, office hours, unless `values` say otherwise."""
    unit_id = _IDS.new()
    state = {
        "name": code,
        "kind": "department",
        "internal": True,
        "time_zone": "Asia/Shanghai",
        "calendar": DEFAULT_CALENDAR,
    }
    return an_event(
        UnitState.model_validate({"id": unit_id, "code": code, **state, **values}), aggregate=unit_id, sequence=sequence
    )


def an_employee(
    employee_id: UUID | None = None, *, unit: str = "head-office", sequence: int = 1, **values: Any
) -> Event[EmployeeState]:
    """An employee's published state."""
    employee_id = employee_id or _IDS.new()
    state = {"name": "李明", "level": "staff", "subject": f"staff-{employee_id}", **values}
    fact = EmployeeState.model_validate({"id": employee_id, "unit": unit, **state})
    return an_event(fact, aggregate=employee_id, sequence=sequence)
