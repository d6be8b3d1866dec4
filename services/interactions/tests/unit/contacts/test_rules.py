"""What a contact is."""

from __future__ import annotations

from uuid import uuid4

import pytest

from interactions.contacts.rules import Staff, StaffByName, kind_of

LI_HERE = Staff(uuid4(), "li.ming", "李明", "sales")
LI_THERE = Staff(uuid4(), "li.ming.2", "李明", "dealer-17")
ZHOU = Staff(uuid4(), None, "周敏", "front")


@pytest.mark.parametrize(
    ("name", "unit", "found"),
    [
        ("周敏", "anywhere", ZHOU),
        ("李明", "sales", LI_HERE),
        ("李明", "dealer-17", LI_THERE),
        ("李明", "front", None),
        ("li.ming", "front", LI_HERE),
        ("王芳", "front", None),
        (None, "front", None),
    ],
)
def test_a_name_means_its_only_bearer_or_the_units_own(name: str | None, unit: str, found: Staff | None) -> None:
    assert StaffByName([LI_HERE, LI_THERE, ZHOU]).find(name, unit) == found


@pytest.mark.parametrize(
    ("channel", "kind"),
    [("phone", "call"), ("visit", "visit"), ("fax", "letter"), ("mini_program", "contact")],
)
def test_a_channel_tells_the_kind(channel: str, kind: str) -> None:
    assert kind_of(channel) == kind
