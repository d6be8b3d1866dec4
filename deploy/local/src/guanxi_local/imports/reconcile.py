"""The closing account of an import: each row and each event in one place, checked against the service's own counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel
from rich.table import Table

from guanxi_local.imports.events import Made, RowTally
from guanxi_local.imports.reasons import Reasons
from guanxi_local.imports.sender import Result


class Figures(BaseModel):
    """What customer-profile says of a publisher's events, all told since it was registered."""

    events: int = 0
    resolved: int = 0
    passed_anonymous: int = 0
    rejected: int = 0
    registered: int = 0
    superseded: int = 0
    duplicates: int = 0
    passed_on: dict[str, int] = {}

    def since(self, before: Figures) -> Figures:
        """What has come since."""
        plain = {
            name: getattr(self, name) - getattr(before, name) for name in Figures.model_fields if name != "passed_on"
        }
        families = {family: n - before.passed_on.get(family, 0) for family, n in self.passed_on.items()}
        return Figures(**plain, passed_on={family: n for family, n in families.items() if n})


@dataclass(slots=True)
class EventTally:
    """What the platform answered to the events of this run."""

    sent: int = 0
    received: int = 0
    duplicates: int = 0
    rejected: int = 0
    rejected_before: int = 0
    """Of the duplicates."""
    customers: Counter[str] = field(default_factory=Counter)
    reasons: Reasons = field(default_factory=Reasons)

    def count(self, answered: Iterable[tuple[Made, Result]]) -> None:
        """Count a batch."""
        for made, result in answered:
            self.sent += 1
            if result.status == "received":
                self.received += 1
                self.customers[result.customer or "anonymous"] += 1
            elif result.status == "duplicate" or result.repeated:
                self.duplicates += 1
                self.rejected_before += result.status == "rejected"
            else:
                self.rejected += 1
                first = result.errors[0] if result.errors else None
                self.reasons.note(f"{first.field}: {first.code}" if first else "no reason given", made.rows[0])


@dataclass(frozen=True, slots=True)
class Effect:
    """One count in one service; `expected` is None where it follows from no other."""

    service: str
    what: str
    count: int
    expected: int | None = None
    or_more: bool = False
    """Others may have added to it meanwhile."""

    @property
    def right(self) -> bool:
        """Whether it is as it must be."""
        if self.expected is None or self.expected == self.count:
            return True
        return self.or_more and self.count > self.expected


@dataclass(frozen=True, slots=True)
class Account:
    """The whole reckoning."""

    rows: RowTally
    events: EventTally
    effects: Sequence[Effect]

    def mistakes(self) -> list[str]:
        """What does not add up; empty when all does."""
        rows, events = self.rows, self.events
        found = [] if rows.adds_up else ["rows read are not rows used, idle, skipped and unreadable"]
        if events.sent != events.received + events.duplicates + events.rejected:
            found.append("events sent are not those received, duplicate and rejected")
        if events.received != events.customers.total():
            found.append("events received are not those of registered, known and no customers")
        return found + [
            f"{e.service}: {e.what} is {e.count}, must be {e.expected}" for e in self.effects if not e.right
        ]

    def lines(self) -> Iterator[tuple[str, int]]:
        """Its lines, top to bottom."""
        rows, events = self.rows, self.events
        yield "rows read", rows.read
        yield "  made into events", rows.used
        yield from (("  skipped: " + reason, n) for reason, n in rows.skipped.most_common())
        yield from (("  unreadable: " + flaw, n) for flaw, n in rows.unreadable.lines())
        yield "  without an event", rows.idle
        yield "events sent", events.sent
        yield "  received", events.received
        yield from ((f"    customer {what}", events.customers[what]) for what in ("registered", "known", "anonymous"))
        yield "  duplicates", events.duplicates
        if events.rejected_before:
            yield "    rejected before", events.rejected_before
        yield "  rejected", events.rejected
        yield from (("    " + reason, n) for reason, n in events.reasons.lines())
        yield from ((f"{effect.service}: {effect.what}", effect.count) for effect in self.effects)

    def table(self) -> Table:
        """The reckoning for people."""
        table = Table("what", "count", title="Reconciliation", title_justify="left")
        table.columns[1].justify = "right"
        for what, count in self.lines():
            table.add_row(what, f"{count:,}")
        return table


def intake_effects(events: EventTally, figures: Figures) -> list[Effect]:
    """The effects in customer-profile, each against what it was answered."""
    service = "customer-profile"
    passed = figures.resolved + figures.passed_anonymous - figures.superseded
    return [
        Effect(service, "reports kept", figures.events, events.received + events.rejected),
        Effect(service, "resolved", figures.resolved, events.customers["registered"] + events.customers["known"]),
        Effect(service, "passed anonymously", figures.passed_anonymous, events.customers["anonymous"]),
        Effect(service, "rejected, on the desk", figures.rejected, events.rejected),
        Effect(service, "customers registered", figures.registered, events.customers["registered"]),
        Effect(service, "duplicates counted", figures.duplicates, events.duplicates),
        Effect(service, "superseded", figures.superseded),
        *(Effect(service, f"passed on: {family}", n) for family, n in sorted(figures.passed_on.items())),
        Effect(service, "passed on", sum(figures.passed_on.values()), passed),
    ]
