"""Policies of entitlement over HTTP, for internal units."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from complaints.access import Reading, Writing
from complaints.entitlements import life, rehearsing, showing
from complaints.entitlements.policy_schemas import PolicyBody, PolicyItem, PolicyRead, RehearsalRead, StatusName
from guanxi.http import Page, Paging, Write, deadline, set_etag
from guanxi.problems import Conflict

router = APIRouter(tags=["entitlements"])
_PATH = "/v1/entitlement-policies"


@router.get("/entitlement-policies")
async def list_policies(call: Reading, page: Paging, status: StatusName | None = None) -> Page[PolicyItem]:
    """List the versions of the policy, the newest first."""
    async with call.pool.read() as reader:
        found = await life.page(reader, status, page.after, page.limit)
    return page.cut([PolicyItem.model_validate(one) for one in found], lambda one: (one.number,))


@router.post("/entitlement-policies", status_code=201)
async def draft_policy(body: PolicyBody, call: Writing) -> PolicyRead:
    """Draft the next version. Rehearse it, have another approve it, publish it: then it holds from its day on."""
    async with call.once() as once:
        if once.replay:
            return showing.policy(await life.find(once.tx, once.replay))
        given = body.model_dump(mode="json", exclude={"effective_from"})
        made = await life.draft(once.tx, body.effective_from, given, call.principal)
        once.created(made.id, f"{_PATH}/{made.id}", made.version)
    return showing.policy(made)


@router.get("/entitlement-policies/{policy_id}")
async def get_policy(policy_id: UUID, call: Reading) -> PolicyRead:
    """One version with every clause, rate and limit in it. A published one never changes."""
    async with call.pool.read() as reader:
        found = await life.find(reader, policy_id)
    set_etag(call.response, found.version)
    return showing.policy(found)


@router.get("/entitlement-policies/{policy_id}/rehearsal")
async def get_rehearsal(policy_id: UUID, call: Reading) -> RehearsalRead:
    """What its last rehearsal found; 404 before the first."""
    async with call.pool.read() as reader:
        found = await life.find(reader, policy_id, rehearsed=True)
        shown = await showing.rehearsal(reader, found)
    return await call.show(shown, "entitlement policy", policy_id)


@router.post("/entitlement-policies/{policy_id}/rehearsal", status_code=201)
@deadline(60)
async def rehearse_policy(policy_id: UUID, call: Writing) -> RehearsalRead:
    """Find out who would gain and lose what by a draft, the VIPs by name, and what it is expected to cost."""
    made = await _made_before(call)  # a repeat need not wait for what was computed already
    async with call.pool.read() as reader:
        result = None if made else await rehearsing.result(reader, policy_id, call.pool.clock.now())
    async with call.once() as once:
        if once.replay:
            found = await life.find(once.tx, once.replay, rehearsed=True)
        else:
            found = await rehearsing.keep(once.tx, policy_id, result)
            once.created(found.id, f"{_PATH}/{found.id}/rehearsal", found.version)
        shown = await showing.rehearsal(once.tx, found)
    return await call.show(shown, "entitlement policy", policy_id)


@router.post("/entitlement-policies/{policy_id}/approval", status_code=201)
async def approve_policy(policy_id: UUID, call: Writing) -> PolicyItem:
    """Approve a rehearsed draft; for a lead or director who did not write it."""
    async with call.once() as once:
        if once.replay:
            return PolicyItem.model_validate(await life.find(once.tx, once.replay))
        found = await life.approve(once.tx, policy_id, call.principal)
        once.created(found.id, f"{_PATH}/{found.id}", found.version)
    return PolicyItem.model_validate(found)


@router.post("/entitlement-policies/{policy_id}/publication", status_code=201)
async def publish_policy(policy_id: UUID, call: Writing) -> PolicyItem:
    """Publish an approved version: it answers for every claim from its day on, or from today where that is over."""
    async with call.once() as once:
        if once.replay:
            return PolicyItem.model_validate(await life.find(once.tx, once.replay))
        found = await life.publish(once.tx, policy_id, call.principal)
        once.created(found.id, f"{_PATH}/{found.id}", found.version)
    return PolicyItem.model_validate(found)


async def _made_before(call: Write) -> bool:
    try:
        await call.look_up()
    except Conflict:
        return False
    return True
