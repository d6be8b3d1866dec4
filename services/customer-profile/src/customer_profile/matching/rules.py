"""What follows from the evidence: whether two records are merged by themselves, shown to a person, or left apart."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Generic, Literal, TypeVar
from uuid import UUID

from customer_profile.matching.comparing import Agreement, compare
from customer_profile.matching.features import Features
from customer_profile.matching.weights import DEFAULT, Part, Weights

MATCHER = "guanxi:matching"
"""Who makes the merges that nobody decided."""

Band = Literal["auto", "review", "none"]
_STRONG = {"phone": "shared", "email": "shared", "social_credit_code": "equal", "id_number": "equal"}
_NAMES = frozenset({"kind", "brand", "trade", "place", "family_name", "given_name"})
_CONTRADICTIONS = ("kind", "social_credit_code", "id_number", "birth_date", "given_name", "brand")
_ALIKE = ("sounds", "part", "near")
_WEAKEST = ("differs", "common", "far", "number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One numbered policy: from how many bits on records are merged by themselves, and shown to a person."""

    number: int
    automatic: bool = True
    auto_from: float = 6.6
    review_from: float = -1.0
    weights: Weights = DEFAULT
    created_at: datetime | None = None
    decided_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What two records' evidence comes to: the sum in bits, the band, and what keeps it out of `auto`."""

    weight: float
    band: Band
    held_by: tuple[str, ...]
    found: Mapping[str, Agreement]
    weights: Weights

    @property
    def parts(self) -> tuple[Part, ...]:
        """The waterfall."""
        return self.weights.parts(self.found)


def judge(left: Features, right: Features, policy: Policy, common: Collection[str] = frozenset()) -> Judgement:
    """Weigh two records. `common` are phone numbers and the like that too many customers share.

    However much it weighs, a person decides where no strong key is shared and the firms' brand is unknown (a name
    without a brand never merges by name alone), where brands are alike and not the same, where two records agree in
    nothing but a part of their name, and where they contradict each other in what one customer has only one of.
    """
    found = compare(left, right, common)
    weight = policy.weights.weigh(found)
    held = _held_by(left, right, found)
    if weight >= policy.auto_from and not held:
        band: Band = "auto"
    else:
        band = "review" if weight >= policy.review_from else "none"
    return Judgement(weight, band, held, found, policy.weights)


def _held_by(left: Features, right: Features, found: Mapping[str, Agreement]) -> tuple[str, ...]:
    held = [f"contradicted:{name}" for name in _CONTRADICTIONS if name in found and found[name].level == "differs"]
    brand = found["brand"].level if "brand" in found else ""
    if brand in _ALIKE:
        held.append("brand-alike")
    strong = any(name in found and found[name].level == level for name, level in _STRONG.items())
    # Of two names without a brand a shared number is enough; who has one is hardly who has none.
    if left.firms and right.firms and not brand and (not strong or _has_brand(left) or _has_brand(right)):
        held.append("no-brand")
    elif not strong and brand != "whole" and not _beside_the_name(found):
        held.append("name-only")
    return tuple(held)


def _has_brand(one: Features) -> bool:
    return any(firm.brand for firm in one.firms)


def _beside_the_name(found: Mapping[str, Agreement]) -> bool:
    return any(name not in _NAMES and one.level not in _WEAKEST for name, one in found.items())


Node = TypeVar("Node", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Pair(Generic[Node]):
    """Two records that are to be merged by themselves, and how sure that is, in bits."""

    left: Node
    right: Node
    weight: float

    @property
    def both(self) -> frozenset[Node]:
        """The two, whichever comes first."""
        return frozenset((self.left, self.right))


def wanted(
    pairs: Iterable[Pair[Node]],
    *,
    given: Collection[frozenset[Node]] = (),
    standing: Collection[frozenset[Node]] = (),
    apart: Collection[frozenset[Node]] = (),
) -> set[frozenset[Node]]:
    """The merges that the matcher should have made: enough of the pairs to join what they join, and no more.

    `given` are merges that people made, `apart` pairs that people have parted or said never to be the same: no merge
    joins two records that would bring those together, and the surest pairs come first. Without any of these the pairs
    that are `standing` merges come first, so that nothing is undone only to be made another way. The groups depend on
    the sets alone, never on the order in which records came.
    """
    some, groups = list(pairs), dict[Node, set[Node]]()
    settled = _undisturbed(some, given, standing, apart)
    for both in given:
        _join(groups, *both)
    made = set[frozenset[Node]]()
    for pair in sorted(some, key=lambda one: (one.both not in settled, -one.weight, sorted(map(str, one.both)))):
        left, right = (groups.get(one, {one}) for one in (pair.left, pair.right))
        if left is right or pair.right in left or any(both & left and both & right for both in apart):
            continue
        _join(groups, pair.left, pair.right)
        made.add(pair.both)
    return made


def _undisturbed(
    pairs: Iterable[Pair[Node]],
    given: Iterable[frozenset[Node]],
    standing: Iterable[frozenset[Node]],
    apart: Iterable[frozenset[Node]],
) -> set[frozenset[Node]]:
    """The standing merges of groups that nobody has parted anything in."""
    groups: dict[Node, set[Node]] = {}
    for both in chain((pair.both for pair in pairs), given):
        _join(groups, *both)
    parted = [both for both in apart if len({id(groups.get(one)) for one in both}) == 1]
    troubled = set[Node]().union(*(groups.get(next(iter(both)), set()) for both in parted))
    return {both for both in standing if not both & troubled}


def _join(groups: dict[Node, set[Node]], left: Node, right: Node) -> None:
    together = groups.get(left, {left}) | groups.get(right, {right})
    groups.update(dict.fromkeys(together, together))


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Two records that may be the same customer; the one with the older id is `left`."""

    id: UUID
    version: int
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    left_id: UUID
    right_id: UUID
    weight: float
    parts: tuple[Part, ...]
    band: Band
    held_by: tuple[str, ...]
    status: str
    policy_number: int
    joined_once: bool = False
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str | None = None

    @property
    def both(self) -> tuple[UUID, UUID]:
        """The two records, the older one first."""
        return self.left_id, self.right_id

    @property
    def confirmed(self) -> bool:
        """Whether a person has said last that the two are one customer."""
        return self.decided_by is not None and self.status != "never_same"

    @property
    def millibits(self) -> int:
        """The weight in thousandths of a bit, as it is kept and sorted by."""
        return round(self.weight * 1000)

    def judged_anew(self, now: Candidate) -> Candidate:
        """The same pair with what its records say now; what people said of it stays, and that it was joined once."""
        return replace(
            self,
            joined_once=self.joined_once or (self.band == "auto" and self.status == "merged"),
            version=self.version + 1,
            recorded_at=now.recorded_at,
            weight=now.weight,
            parts=now.parts,
            band=now.band,
            held_by=now.held_by,
            policy_number=now.policy_number,
        )


def status_of(candidate: Candidate, *, together: bool) -> str:
    """`never_same` is a person's word and stays; else whether the two count as one, or still agree on anything."""
    if candidate.status == "never_same":
        return "never_same"
    if together:
        return "merged"
    return "open" if candidate.band != "none" or candidate.joined_once else "expired"
