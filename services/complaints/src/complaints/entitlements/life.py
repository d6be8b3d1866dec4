"""The life of a policy: drafted, rehearsed, approved by another, published, in force from its day, retired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from complaints import authority
from complaints.entitlements import policy_store, reading, rules
from complaints.entitlements.rules import Version
from guanxi import due
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events.entitlements import EntitlementPolicyPublished
from guanxi.problems import NotFound

DUE = "entitlement_policy"
"""The kind of a policy's row in `due`: the day from which it is in force."""


async def draft(tx: Tx, effective_from: date, given: Mapping[str, Any], principal: Principal) -> Version:
    """A new draft under the next number; what it leaves out is as in the policy in force."""
    number = await policy_store.next_number(tx)
    today = (await reading.clock(tx)).day(tx.now)
    present = await in_force(tx, max(effective_from, today))
    body = {**present.body, **{name: value for name, value in given.items() if value is not None}}
    made = Version(
        id=tx.new_id(),
        version=1,
        created_at=tx.now,
        recorded_at=tx.now,
        unit_id=principal.unit,
        number=number,
        status=rules.DRAFT,
        effective_from=effective_from,
        body=body,
        author=principal.subject,
    )
    await policy_store.insert(tx, made)
    return made


async def approve(tx: Tx, policy_id: UUID, principal: Principal) -> Version:
    """Approve what was rehearsed, as a lead or director who did not write it. 403, 404, 409."""
    before = await find(tx, policy_id, lock=True)
    await authority.check(tx, principal, authority.LEAD)
    after = rules.approved(before, principal.subject, principal.employee_id, tx.now)
    await policy_store.save(tx, after)
    return after


async def publish(tx: Tx, policy_id: UUID, principal: Principal) -> Version:
    """Publish what was approved: it is in force from its day on, or from today. 403, 404, 409.

    What it changes then is what was rehearsed, or it is not published.
    """
    await policy_store.hold_publishing(tx)
    before = await find(tx, policy_id, lock=True)
    await authority.check(tx, principal, authority.LEAD)
    clock = await reading.clock(tx)
    today = clock.day(tx.now)
    after = rules.published(before, today, tx.now)
    present = await in_force(tx, after.effective_from)
    rules.check_followed(after, present, await policy_store.waiting(tx, after.effective_from))
    await policy_store.save(tx, after)
    await _tell(tx, after)
    if after.effective_from <= today:
        return await _in_force_from_now(tx, after)
    await due.schedule(tx, datetime.combine(after.effective_from, time(), clock.firm), DUE, after.id)
    return after


async def on_due(tx: Tx, policy_id: UUID, _: datetime) -> None:
    """Called when the day of a published policy begins."""
    found = await policy_store.find(tx, policy_id, lock=True)
    if found is not None and found.status == rules.PUBLISHED:
        await _in_force_from_now(tx, found)


async def in_force(reader: Reader, on: date) -> Version:
    """The policy that answers for a day. 404 before the first day of the shipped one."""
    found = await policy_store.in_force(reader, on)
    if found is None:
        raise NotFound("policy for that day")
    return found


async def find(reader: Reader, policy_id: UUID, *, lock: bool = False, rehearsed: bool = False) -> Version:
    """One policy, if wanted only one that was `rehearsed`. 404."""
    found = await policy_store.find(reader, policy_id, lock=lock)
    if found is None or (rehearsed and found.rehearsal is None):
        raise NotFound("policy")
    return found


async def page(reader: Reader, status: str | None, after: Sequence[Any] | None, limit: int) -> list[Version]:
    """Policies, the newest first, and one more when there is a next page."""
    return await policy_store.page(reader, status, after, limit)


async def _in_force_from_now(tx: Tx, one: Version) -> Version:
    await policy_store.retire_before(tx, one)
    await policy_store.set_levels(tx, one.policy.vip_tiers)
    return one


async def _tell(tx: Tx, one: Version) -> None:
    fact = EntitlementPolicyPublished(
        policy_id=one.id,
        number=one.number,
        effective_from=one.effective_from,
        clauses=tuple(clause.code for clause in one.policy.clauses),
        approved_by=one.approver_id,
    )
    await log.record(tx, log.draft(tx, fact, aggregate=one.id, sequence=one.version, subject=None))
