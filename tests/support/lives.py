"""A small model of what must be true of a few customers after a life of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from support.dealer import Report

Family = Literal["contact", "complaint"]

FAMILIES: tuple[Family, ...] = ("contact", "complaint")
AT: Mapping[Family, str] = {"contact": "/v1/interactions", "complaint": "/v1/complaints"}
"""Where each is posted and listed."""
WORDS: Mapping[Family, str] = {"contact": "content", "complaint": "sku"}
"""The field that tells the versions of one matter apart, in lists as well."""


@dataclass
class Matter:
    """A contact or a complaint: under which customer it was recorded, and what its last version says."""

    family: Family
    customer: str
    words: str
    id: str | None = None
    report: Report | None = None
    """Its newest report, unless it was posted; its id is found out in the end."""
    voided: bool = False


@dataclass
class Model:
    """What must be true."""

    customers: list[str] = field(default_factory=list)
    merges: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Those that stand: id -> survivor and absorbed."""
    undone: list[str] = field(default_factory=list)
    matters: list[Matter] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """What each customer was called last, by hand or by the dealer; those that nobody has named are left out."""
    said: dict[str, str] = field(default_factory=dict)
    """What each customer said last of being written to."""

    def members(self, customer: str) -> list[str]:
        """All records that count as this customer, oldest first."""
        leader = {one: one for one in self.customers}

        def find(one: str) -> str:
            return one if leader[one] == one else find(leader[one])

        for survivor, absorbed in self.merges.values():
            leader[find(absorbed)] = find(survivor)
        return sorted(one for one in self.customers if find(one) == find(customer))

    def canonical(self, customer: str) -> str:
        """The record that speaks for this customer: the one that no merge absorbs, the oldest where there are more."""
        absorbed = {each for _, each in self.merges.values()}
        return min(one for one in self.members(customer) if one not in absorbed)

    def living(self, customer: str, *families: Family) -> list[Matter]:
        """What happened to this customer, under any of its ids, and was not taken back."""
        members = self.members(customer)
        return [m for m in self.matters if m.customer in members and m.family in families and not m.voided]

    def allowed(self, customer: str) -> str | None:
        """Whether this customer may be written to: a refusal under any of its ids wins."""
        said = {self.said[one] for one in self.members(customer) if one in self.said}
        return "denied" if "denied" in said else next(iter(said), None)
