"""The shipped policy and a customer's file, made of plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid4

import yaml

from complaints.entitlements.agreements import Agreement, Copy, Promise, agreements_of
from complaints.entitlements.evaluation import Answer, File, Tried, evaluate
from complaints.entitlements.goods import DELIVERY, ORDER, RETURN, Record, lots_of
from complaints.entitlements.rules import Policy, Settled, policy_of
from complaints.entitlements.standing import Designation, Standing, Step
from complaints.entitlements.thresholds import stories

ME = uuid4()
STAND = "STAND-40"


def shipped(**changes: Any) -> Policy:
    """The policy of this release, changed here and there."""
    body = yaml.safe_load(files("complaints.entitlements.policies").joinpath("1.yaml").read_text("utf-8"))
    return policy_of(uuid4(), 1, date(2009, 1, 1), {**body, **changes})


def clauses(*changed: dict[str, Any]) -> list[dict[str, Any]]:
    """The shipped clauses, some replaced by code, others added."""
    body = yaml.safe_load(files("complaints.entitlements.policies").joinpath("1.yaml").read_text("utf-8"))
    found = {one["code"]: one for one in body["clauses"]}
    for one in changed:
        found[one["code"]] = {**found.get(one["code"], {"of": "goods", "names": {"en": "x"}}), **one}
    return list(found.values())


def at(day: str, hour: int = 4) -> datetime:
    """Noon in Shanghai of a day, or another hour of UTC."""
    return datetime.fromisoformat(f"{day}T00:00:00+00:00").replace(hour=hour, tzinfo=UTC)


def told(kind: str, day: str, **values: Any) -> Record:
    """One version of a record."""
    record_id = values.pop("record_id", None) or uuid4()
    moment = values.pop("at", None) or at(day)
    base: dict[str, Any] = {"id": uuid4(), "version": 1, "created_at": moment, "recorded_at": moment, "customer_id": ME}
    base |= {"unit_id": "head-office", "record_id": record_id, "kind": kind, "at": moment}
    return Record(**{**base, **values})


def order(day: str, total_minor: int = 100_00, pieces: int = 10, sku: str | None = STAND, **values: Any) -> Record:
    """An order of one article."""
    record_id = values.pop("record_id", None) or uuid4()
    lines = [{"sku": sku, "quantity": pieces}]
    values = {"currency": "CNY", "amount_minor": total_minor, "lines": lines, **values}
    return told(ORDER, day, record_id=record_id, order_id=record_id, **values)


def delivery(of: Record, day: str, pieces: int | None = None, **values: Any) -> Record:
    """A delivery of an order; without pieces, of all of it."""
    lines = [{"sku": STAND, "quantity": pieces}] if pieces else []
    return told(DELIVERY, day, order_id=of.record_id, lines=lines, **values)


def given_back(of: Record, day: str, pieces: int) -> Record:
    """Goods that came back."""
    return told(RETURN, day, order_id=of.record_id, lines=[{"sku": STAND, "quantity": pieces}])


def tier(name: str | None, day: str, version: int = 1, series: UUID = ME) -> Step:
    """A step into a tier."""
    return Step(series, version, name, date.fromisoformat(day))


def file_of(
    records: Sequence[Record] = (),
    *,
    steps: Sequence[Step] = (),
    designations: Sequence[Designation] = (),
    region: str | None = None,
    settled: Settled | None = None,
    agreements: Sequence[Agreement] = (),
    members: frozenset[UUID] = frozenset({ME}),
) -> File:
    """A customer's file out of what was told."""
    decided = {settled.about_id: settled} if settled else {}
    return File(
        members=members,
        lots=lots_of(records, {}),
        orders=stories(records, decided, members),
        standing=Standing(steps, designations, region),
        agreements=agreements,
    )


def wording(code: str = "towers", benefit: str = "warranty", of: str = "goods", **terms: Any) -> dict[str, Any]:
    """A clause of an agreement, as it is told."""
    return {"code": code, "benefit": benefit, "of": of, **terms}


def version(recorded: str, since: str, until: str | None = None, *said: dict[str, Any], number: int = 1) -> Copy:
    """One version of an agreement, recorded on a day; the next one of it is made by `dataclasses.replace`."""
    moment = at(recorded)
    return Copy(
        id=uuid4(),
        version=number,
        created_at=moment,
        recorded_at=moment,
        unit_id="head-office",
        agreement_id=ME,
        customer_id=ME,
        kind="service",
        since=date.fromisoformat(since),
        until=date.fromisoformat(until) if until else None,
        clauses=said or (wording(months=12),),
    )


def signed(*versions: Copy, decided: Mapping[Promise, str] | None = None) -> list[Agreement]:
    """The agreements that these versions are of; with what was decided about the promises of `ME`."""
    return agreements_of(versions, {ME: decided or {}}, lambda moment, _: moment.date())


def day(text: str) -> date:
    """A day."""
    return date.fromisoformat(text)


def warranty(answer: Answer) -> Tried:
    """The clause of the warranty that answers."""
    found = answer.best()
    assert found is not None
    return found[1]


def ask(file: File, on: str, **changes: Any) -> Answer:
    """What the shipped policy, changed here and there, and the file say on a day."""
    return evaluate(shipped(**changes), file, day(on))


def held(tried: Tried) -> tuple[bool, bool, str | None]:
    """Whether it applies, waits for a person, and what decided it."""
    return tried.applies, tried.flagged, tried.why
