"""Reading what is published about complaining."""

from __future__ import annotations

from complaints.channels import store
from complaints.channels.schemas import AvenueRead, ComplaintChannels, PolicyRead
from complaints.deadlines import schemas as deadline_schemas
from complaints.deadlines import usecases as deadlines
from complaints.deadlines.rules import ORDINARY
from guanxi.db import Reader


async def published(reader: Reader) -> ComplaintChannels:
    """The policy in each language, the avenues, and the standards that hold for everybody."""
    policy, avenues = await store.policy(reader), await store.avenues(reader)
    standards = deadline_schemas.shown(await deadlines.standards(reader)).standards
    return ComplaintChannels(
        policy=[PolicyRead.model_validate(one) for one in policy],
        avenues=[AvenueRead.model_validate(one) for one in avenues],
        standards=[one for one in standards if one.level == ORDINARY],
    )
