"""Routes of possible duplicates and of the policy by which they are found."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from customer_profile.matching import desk, learning, schemas, usecases
from customer_profile.matching.schemas import (
    CandidateRead,
    ComparisonRead,
    Decision,
    PolicyBody,
    PolicyRead,
    ProposalRead,
    Status,
)
from guanxi.http import Page, Paging, Read, Write, deadline, if_match, read, set_etag, write
from guanxi.ports import derived_id

router = APIRouter(tags=["matching"])

Reading = Annotated[Read, Depends(read("customers:read"))]
Writing = Annotated[Write, Depends(write("customers:write"))]
Deciding = Annotated[Write, Depends(write("admin", idempotent=False))]
_POLICIES = UUID("5d1f8a30-6f7b-5c1e-9a7d-0d5b2a0f4a61")


@router.get("/match-candidates", response_model=Page[CandidateRead])
async def list_match_candidates(
    call: Reading,
    paging: Paging,
    status: Status = "open",
    customer: Annotated[UUID | None, Query(description="Only pairs with this record.")] = None,
) -> Page[Any]:
    """List pairs that may be one customer, the surest first: `open` ones wait for a person."""
    async with call.pool.read() as reader:
        rows = await desk.listed(reader, status, customer, paging.after, paging.limit, call.principal)
        names = await desk.names(reader, rows)
    page = paging.cut(rows, lambda row: (row.millibits, row.id))
    return Page[Any](items=[schemas.candidate_shown(row, names) for row in page.items], next=page.next)


@router.get("/match-candidates/{candidate_id}")
async def read_match_candidate(candidate_id: UUID, call: Reading) -> CandidateRead:
    """Read one pair with its waterfall."""
    async with call.pool.read() as reader:
        found = await desk.find(reader, candidate_id, call.principal)
        names = await desk.names(reader, [found])
    set_etag(call.response, found.version)
    return schemas.candidate_shown(found, names)


@router.post("/match-candidates/{candidate_id}/decision", status_code=201)
async def decide_match_candidate(candidate_id: UUID, body: Decision, call: Writing) -> CandidateRead:
    """Say that a pair is one customer, which merges the two, or never is, which is remembered for ever.

    `same` of a pair that was merged by itself confirms that merge: it stays, whatever becomes of its evidence.
    """
    async with call.once() as once:
        if once.replay:
            found = await desk.find(once.tx, candidate_id, call.principal)
            return schemas.candidate_shown(found, await desk.names(once.tx, [found]))
        decided = await desk.decide(once.tx, candidate_id, body.decision, body.reason, call.principal)
        names = await desk.names(once.tx, [decided])
        location = f"/v1/match-candidates/{candidate_id}"
        once.created(candidate_id, location, decided.version, customer_id=decided.left_id, other=str(decided.right_id))
    return schemas.candidate_shown(decided, names)


@router.get("/match-comparisons")
async def compare_customers(
    call: Reading,
    left: Annotated[UUID, Query(description="One record.")],
    right: Annotated[UUID, Query(description="The other.")],
) -> ComparisonRead:
    """Put any two records side by side: what speaks for one customer, what against, and what follows."""
    async with call.pool.read() as reader:
        judgement = await desk.compared(reader, left, right, call.principal)
    return schemas.comparison_shown(left, right, judgement)


@router.get("/match-policy")
async def get_match_policy(call: Reading) -> PolicyRead:
    """Read the policy in force."""
    desk.only_internal(call.principal)
    async with call.pool.read() as reader:
        found = await usecases.policy_in_force(reader)
    set_etag(call.response, found.number)
    return schemas.policy_shown(found)


@router.get("/match-policies")
async def list_match_policies(call: Reading) -> list[PolicyRead]:
    """List the newest 200 policies, the newest first."""
    async with call.pool.read() as reader:
        return [schemas.policy_shown(one) for one in await desk.policies(reader, call.principal)]


@router.get("/match-policy/proposal", responses={409: {"description": "Too few records to learn from."}})
@deadline(60)
async def propose_match_policy(
    call: Annotated[Read, Depends(read("customers:write"))],
) -> ProposalRead:
    """Learn weights from this site's own records, by expectation and maximisation over pairs that nobody labelled.

    Takes seconds. The answer says what the thresholds of now would make of the same pairs; nothing is changed.
    """
    return schemas.proposal_shown(await learning.propose(call.pool, call.principal))


@router.put("/match-policy")
async def set_match_policy(body: PolicyBody, call: Deciding, number: Annotated[int, Depends(if_match)]) -> PolicyRead:
    """Put a new policy in force, as an administrator: every record is looked at anew under it, in the background."""
    made = schemas.policy_of(body, number + 1, call.principal.subject)
    async with call.change() as change:
        made = await desk.set_policy(change.tx, made, call.principal)
        change.done(
            derived_id(_POLICIES, str(made.number)),
            made.number,
            automatic=made.automatic,
            auto_from=made.auto_from,
            review_from=made.review_from,
            reason=made.reason,
        )
    return schemas.policy_shown(made)
