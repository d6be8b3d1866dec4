"""No complaint is ever without a holder: random lives over the real routes, each checked in the database."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

import pytest

from guanxi.events import Event, Fact

if TYPE_CHECKING:
    from services.complaints.tests.integration.conftest import Firm

pytestmark = pytest.mark.asyncio
_UNITS = ("finance", "logistics", "sales", "complaint-desk", "dealer-17")
_BODIES: dict[str, dict[str, Any]] = {
    "acceptance": {},
    "answers": {"text": "Done."},
    "waiting": {},
    "customer-replies": {"text": "The red one."},
    "resolution": {},
    "closure": {},
    "reopening": {"reason": "still broken"},
}
_HOLDERS = """
SELECT c.status, c.holder_unit, c.offered_to, array_agg(k.to_unit) FILTER (WHERE k.status = 'held') AS held,
  array_agg(k.to_unit) FILTER (WHERE k.status = 'asked') AS asked, max(k.n) AS last, count(k.n) AS periods
FROM complaint c JOIN custody k ON k.complaint_id = c.id WHERE c.id = $1 GROUP BY c.id
"""


async def check(firm: Firm, complaint_id: str) -> list[str]:
    """One holder, one offer at most; the unit that holds it and the one that is asked, both of which can read it."""
    async with firm.harness.database.api.read() as reader:
        row = await reader.fetchrow(_HOLDERS, complaint_id)
    assert row is not None
    assert row["held"] == (None if row["status"] == "closed" else [row["holder_unit"]])
    assert row["asked"] == ([row["offered_to"]] if row["offered_to"] else None)
    assert row["last"] == row["periods"]
    units = [unit for unit in (row["holder_unit"], row["offered_to"]) if unit]
    for unit in units:
        assert (await firm.staff(unit).get(f"/v1/complaints/{complaint_id}")).status_code == 200, unit
    return units


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("door", ["finance", "dealer-17"])
async def test_in_a_random_life_there_is_always_exactly_one_holder(firm: Firm, door: str, seed: int) -> None:
    chance, taken = random.Random(f"{door}{seed}"), 0
    callers = {unit: firm.staff(unit) for unit in _UNITS}
    complaint = {"channel": "phone", "cause": "neglect", "unit": door}
    filed = (await callers[door].post("/v1/complaints", json=complaint)).json()
    concerned = await check(firm, filed["id"])
    for _ in range(60):
        name = chance.choice([*_BODIES, "handovers", "handovers", "acceptance"])
        to_unit = chance.choice(_UNITS)
        handover = {"to_unit": to_unit, "reason": "not ours", "wrong_door": chance.random() < 0.5}
        caller = callers[chance.choice([*_UNITS, *concerned * 3])]
        body = handover if name == "handovers" else _BODIES[name] or None
        answer = await caller.post(f"/v1/complaints/{filed['id']}/{name}", json=body)
        # To a dealer what is not its own is not there, and it may neither be given it nor give it to just anybody.
        assert answer.status_code in {201, 403, 404, 409, 422}, answer.text
        taken += answer.status_code == 201
        if chance.random() < 0.2:
            firm.harness.clock.move(seconds=chance.randrange(0, 5 * 24 * 3600))
            await firm.harness.work_off_due()
        concerned = await check(firm, filed["id"])
    assert taken >= 8
    events: list[Event[Fact]] = await firm.harness.published()
    sequences = [event.sequence for event in events if str(event.aggregateid) == filed["id"]]
    assert sequences == sorted(set(sequences))


async def test_of_many_who_close_at_once_one_does(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "answers", text="Done.")
    await firm.step("finance", filed, "resolution")
    answers = await asyncio.gather(*(firm.tried("finance", filed, "closure") for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    await check(firm, filed["id"])


async def test_a_hand_over_and_an_answer_at_once_leave_one_holder(firm: Firm) -> None:
    for _ in range(5):
        filed = await firm.filed(unit="finance")
        await asyncio.gather(
            firm.tried("finance", filed, "handovers", to_unit="sales", reason="not ours"),
            firm.tried("finance", filed, "answers", text="Done."),
            firm.tried("sales", filed, "acceptance"),
            firm.tried("finance", filed, "acceptance"),
        )
        await check(firm, filed["id"])
