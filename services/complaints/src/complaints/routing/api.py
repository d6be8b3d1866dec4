"""Keeping the routing rules; for internal units only."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from complaints.routing import usecases
from complaints.routing.rules import Rule
from complaints.routing.schemas import RuleBody, RuleRead, Rules
from guanxi.auth import Principal
from guanxi.http import Forbidden, Read, Write, if_match, read, set_etag, write

router = APIRouter(tags=["routing"])
Reader = Annotated[Read, Depends(read("complaints:read"))]
Writer = Annotated[Write, Depends(write("complaints:write"))]
Changer = Annotated[Write, Depends(write("complaints:write", idempotent=False))]
IfMatch = Annotated[int, Depends(if_match)]


@router.get("/routing-rules")
async def list_rules(call: Reader) -> Rules:
    """Every rule in force, the highest priority first."""
    _check_internal(call.principal)
    async with call.pool.read() as reader:
        return Rules(items=[RuleRead.model_validate(rule) for rule in await usecases.listed(reader)])


@router.post("/routing-rules", status_code=201)
async def make_rule(body: RuleBody, call: Writer) -> RuleRead:
    """Put a rule in force; it decides for complaints filed from now on."""
    _check_internal(call.principal)
    async with call.once() as once:
        if once.replay:
            return RuleRead.model_validate(await usecases.read(once.tx, once.replay))
        rule = Rule(id=once.tx.new_id(), version=1, **body.model_dump())
        made = await usecases.make(once.tx, rule, call.principal.unit)
        once.created(made.id, f"/v1/routing-rules/{made.id}", made.version)
    return RuleRead.model_validate(made)


@router.get("/routing-rules/{rule_id}")
async def get_rule(rule_id: UUID, call: Reader) -> RuleRead:
    """One rule in force."""
    _check_internal(call.principal)
    async with call.pool.read() as reader:
        rule = await usecases.read(reader, rule_id)
    set_etag(call.response, rule.version)
    return RuleRead.model_validate(rule)


@router.put("/routing-rules/{rule_id}")
async def change_rule(rule_id: UUID, body: RuleBody, call: Changer, version: IfMatch) -> RuleRead:
    """Replace a rule. The default route keeps having no conditions and priority 0; only its unit changes."""
    _check_internal(call.principal)
    async with call.change() as change:
        rule = await usecases.change(change.tx, Rule(id=rule_id, version=version, **body.model_dump()))
        change.done(rule.id, rule.version)
    return RuleRead.model_validate(rule)


@router.delete("/routing-rules/{rule_id}", status_code=204)
async def retire_rule(rule_id: UUID, call: Changer, version: IfMatch) -> None:
    """Take a rule out of force. The default route stays."""
    _check_internal(call.principal)
    async with call.change() as change:
        await usecases.retire(change.tx, rule_id, version)
        change.done(rule_id)


def _check_internal(principal: Principal) -> None:
    if not principal.internal:
        raise Forbidden
