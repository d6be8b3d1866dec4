"""Which records count as one, computed from the merges that stand, in whatever order they were made or undone."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

Id = TypeVar("Id", UUID, int)
"""An id; older ones are smaller."""


@dataclass(frozen=True, slots=True)
class Edge(Generic[Id]):
    """A merge that stands: `survivor` was named to speak for `absorbed`."""

    survivor: Id
    absorbed: Id


@dataclass(frozen=True, slots=True)
class Component(Generic[Id]):
    """Records that count as one: who speaks for them, and all of them, oldest first."""

    canonical: Id
    members: tuple[Id, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """That two records count as one, decided by somebody, for a reason, until it is undone."""

    id: UUID
    version: int
    created_at: datetime
    unit_id: str
    survivor_id: UUID
    absorbed_id: UUID
    status: str
    reason: str
    merged_by: str
    undone_at: datetime | None = None
    undone_by: str | None = None
    undone_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """A source's name for a customer."""

    id: UUID
    customer_id: UUID
    source: str
    external_ref: str | None
    created_at: datetime


def components(members: Iterable[Id], edges: Collection[Edge[Id]]) -> tuple[Component[Id], ...]:
    """The components of these records under these merges, each with its canonical record.

    It is the survivor named: the one member that no merge absorbs. Where merges name several (A takes B, C takes B) or,
    in a circle, none, it is the oldest of those. The answer depends on the set of merges only, never on their order.
    """
    leader = {member: member for edge in edges for member in (edge.survivor, edge.absorbed)}
    leader |= {member: member for member in members}
    for edge in edges:
        low, high = sorted((_find(leader, edge.survivor), _find(leader, edge.absorbed)))
        leader[high] = low
    groups: dict[Id, list[Id]] = {}
    for member in leader:
        groups.setdefault(_find(leader, member), []).append(member)
    absorbed = {edge.absorbed for edge in edges}
    return tuple(_component(sorted(group), absorbed) for _, group in sorted(groups.items(), key=lambda item: item[0]))


def canonical_ids(found: Iterable[Component[Id]]) -> dict[Id, Id]:
    """For each member the record that speaks for it."""
    return {member: component.canonical for component in found for member in component.members}


def speaking(found: Iterable[Component[Id]], living: Collection[Id]) -> dict[Id, Id]:
    """For each living member who speaks for it: the oldest living one where the canonical record was erased."""
    speakers: dict[Id, Id] = {}
    for component in found:
        alive = [member for member in component.members if member in living]
        speaker = component.canonical if component.canonical in living else next(iter(alive), component.canonical)
        speakers |= dict.fromkeys(alive, speaker)
    return speakers


def ref_hash(external_ref: str) -> bytes:
    """What an alias is found by; it stays when the name itself has been erased."""
    return hashlib.sha256(external_ref.encode()).digest()


def _component(members: list[Id], absorbed: Collection[Id]) -> Component[Id]:
    named = [member for member in members if member not in absorbed]
    return Component((named or members)[0], tuple(members))


def _find(leader: Mapping[Id, Id], member: Id) -> Id:
    while leader[member] != member:
        member = leader[member]
    return member
