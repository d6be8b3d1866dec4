"""What callers send and get about possible duplicates and the policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from customer_profile.matching.comparing import COMPARISONS
from customer_profile.matching.rules import Candidate, Judgement, Policy
from customer_profile.matching.training import Proposal
from customer_profile.matching.weights import DEFAULT, Odds, Part, Weights, probability
from guanxi.events.fields import Code

Probability = Annotated[float, Field(gt=0, lt=1)]
Bits = Annotated[float, Field(ge=-100, le=100)]
Status = Literal["open", "merged", "never_same", "expired"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Step(BaseModel):
    """One bar of the waterfall: what was compared, on which level the two agree, and what it adds."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    comparison: str
    """`prior`, `brand`, `trade`, `place`, `family_name`, `given_name`, `contact_person`, `phone`, `email`,
    `social_credit_code`, `id_number`, `birth_date`, `street`, `postcode`, `city` or `kind`."""
    level: str
    bits: float
    """log2 of how much likelier this is for one customer than for two; below 0 it speaks against."""
    total: float
    """The sum so far, in bits."""


class ComparisonRead(BaseModel):
    """Two records side by side."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    left_id: UUID
    right_id: UUID
    weight: float
    """The sum of the waterfall, in bits."""
    probability: float
    """What the sum stands for, 0 to 1."""
    band: Literal["auto", "review", "none"]
    """`auto` is merged by itself, `review` waits for a person, `none` is left apart."""
    held_by: list[str]
    """What leaves it to a person: `no-brand`, `brand-alike`, `name-only`, `contradicted:<comparison>`."""
    waterfall: list[Step]


class CandidateRead(ComparisonRead):
    """A pair that may be one customer."""

    id: UUID
    version: int
    left_name: str | None
    right_name: str | None
    """What the two are called, each by itself."""
    status: Status
    policy_number: int
    created_at: datetime
    recorded_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None


class Decision(_Strict):
    """What a person says of a pair."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"decision": "same", "reason": "told-by-customer"}]})

    decision: Literal["same", "never_same"]
    """`same` merges them, `never_same` keeps them apart for ever."""
    reason: Code


class OddsBody(_Strict):
    """How often records agree on a level: `m` of one customer, `u` of two different ones."""

    m: Probability
    u: Probability


class WeightsBody(_Strict):
    """A prior in bits and the odds of every level of every comparison; `guanxi match train` proposes them."""

    prior: Bits
    odds: dict[str, dict[str, OddsBody]]
    frequencies: Annotated[
        dict[str, dict[Annotated[str, Field(max_length=200)], Probability]], Field(max_length=20)
    ] = {}
    """How often single values occur, 0 to 1: agreeing on a common one says less."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name, one in COMPARISONS.items():
            if set(self.odds.get(name, ())) != set(one.levels):
                message = f"odds.{name} must give the levels {', '.join(one.levels)}"
                raise ValueError(message)
        if unknown := (self.odds.keys() | self.frequencies.keys()) - COMPARISONS.keys():
            message = f"there is no comparison {', '.join(sorted(unknown))}"
            raise ValueError(message)
        return self


class PolicyBody(_Strict):
    """A whole policy."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"automatic": True, "auto_from": 6.6, "review_from": -1.0, "reason": "trained-on-own-pairs"}]
        }
    )

    automatic: StrictBool = True
    """Whether anything is merged without a person. Turned off, what stands merged stays so."""
    auto_from: Bits
    """From how many bits on records are merged by themselves (6.6 bits are a probability of 0.99)."""
    review_from: Bits
    """From how many bits on a person is shown the pair."""
    weights: WeightsBody | None = None
    """None are the weights that ship."""
    reason: Code | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.auto_from < self.review_from:
            message = "auto_from must not be below review_from"
            raise ValueError(message)
        return self


class PolicyRead(BaseModel):
    """One policy; the one with the highest number is in force."""

    number: int
    automatic: bool
    auto_from: float
    review_from: float
    weights: WeightsBody
    created_at: datetime | None
    decided_by: str | None
    reason: str | None


class Bands(BaseModel):
    """How many of the pairs that were looked at a policy merges by itself, shows to a person, and leaves apart."""

    auto: int
    review: int
    none: int


class ProposalRead(BaseModel):
    """Weights learned from this site's records, for `PUT /v1/match-policy`; nothing has been changed."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    weights: WeightsBody
    records: int
    """How many records were looked at."""
    pairs: int
    """How many pairs of them share anything."""
    matches: float
    """How many of these are expected to be one customer."""
    bands: Bands
    """What the thresholds of now would make of the pairs with these weights."""
    bands_now: Bands
    """What they make of them with the weights of now."""
    number: int
    """The policy in force, for `If-Match`."""


def proposal_shown(proposal: Proposal) -> ProposalRead:
    """A proposal as it is read."""
    return ProposalRead(
        weights=weights_shown(proposal.weights),
        records=proposal.records,
        pairs=proposal.pairs,
        matches=round(proposal.matches, 1),
        bands=Bands.model_validate(proposal.bands),
        bands_now=Bands.model_validate(proposal.bands_now),
        number=proposal.number,
    )


def policy_of(body: PolicyBody, number: int, decided_by: str) -> Policy:
    """The policy that a caller sets."""
    return Policy(
        number=number,
        automatic=body.automatic,
        auto_from=body.auto_from,
        review_from=body.review_from,
        weights=_weights(body.weights) if body.weights else DEFAULT,
        decided_by=decided_by,
        reason=body.reason,
    )


def policy_shown(policy: Policy) -> PolicyRead:
    """A policy as it is read."""
    return PolicyRead(
        number=policy.number,
        automatic=policy.automatic,
        auto_from=policy.auto_from,
        review_from=policy.review_from,
        weights=weights_shown(policy.weights),
        created_at=policy.created_at,
        decided_by=policy.decided_by,
        reason=policy.reason,
    )


def weights_shown(weights: Weights) -> WeightsBody:
    """Weights as they are read, and sent."""
    odds = {
        name: {level: OddsBody(m=o.m, u=o.u) for level, o in levels.items()} for name, levels in weights.odds.items()
    }
    frequencies = {name: dict(some) for name, some in weights.frequencies.items()}
    return WeightsBody(prior=weights.prior, odds=odds, frequencies=frequencies)


def candidate_shown(one: Candidate, names: Mapping[UUID, str | None]) -> CandidateRead:
    """A pair as it is read."""
    own = {name: getattr(one, name) for name in CandidateRead.model_fields if hasattr(one, name)}
    called = {"left_name": names.get(one.left_id), "right_name": names.get(one.right_id)}
    return CandidateRead.model_validate({**own, **called, **_sum(one.weight, one.parts), "held_by": list(one.held_by)})


def comparison_shown(left_id: UUID, right_id: UUID, judgement: Judgement) -> ComparisonRead:
    """Two records side by side as they are read."""
    own = {"left_id": left_id, "right_id": right_id, "band": judgement.band, "held_by": list(judgement.held_by)}
    return ComparisonRead.model_validate({**own, **_sum(judgement.weight, judgement.parts)})


def _weights(body: WeightsBody) -> Weights:
    odds = {name: {level: Odds(o.m, o.u) for level, o in levels.items()} for name, levels in body.odds.items()}
    return Weights(body.prior, odds, body.frequencies)


def _sum(weight: float, parts: tuple[Part, ...]) -> dict[str, object]:
    steps, total = list[Step](), 0.0
    for part in parts:
        total += part.bits
        steps.append(
            Step(comparison=part.comparison, level=part.level, bits=round(part.bits, 3), total=round(total, 3))
        )
    return {"weight": round(weight, 3), "probability": round(probability(weight), 6), "waterfall": steps}
