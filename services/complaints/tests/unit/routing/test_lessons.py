from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.routing.lessons import FEWEST, Ending, lessons
from complaints.routing.rules import Rule, best


def a_rule(to_unit: str, **values: Any) -> Rule:
    return Rule(id=uuid4(), version=1, to_unit=to_unit, **{"cause": None, "sku_prefix": None, "priority": 0, **values})


DEFAULT = a_rule("complaint-desk")


def ended(unit: str, complaints: int, cause: str = "neglect", sku: str | None = None) -> Ending:
    return Ending(cause, sku, unit, complaints)


def test_a_cause_that_ends_at_one_unit_is_a_rule_to_add() -> None:
    (found,) = lessons([ended("logistics", 3), ended("logistics", 1, sku="STAND"), ended("sales", 1)], [DEFAULT])
    assert (found.cause, found.to_unit, found.priority) == ("neglect", "logistics", 0)
    assert (found.complaints, found.of, found.replaces) == (4, 5, None)


def test_a_rule_of_that_cause_alone_is_to_be_changed() -> None:
    wrong = a_rule("finance", cause="neglect", priority=300)
    (found,) = lessons([ended("logistics", 3)], [DEFAULT, wrong])
    assert (found.replaces, found.priority) == (wrong, 300)


def test_what_a_rule_of_the_product_sends_is_a_matter_of_the_product() -> None:
    of_stands = a_rule("finance", sku_prefix="STAND", priority=50)
    assert lessons([ended("logistics", 9, sku="STAND-40")], [DEFAULT, of_stands]) == []
    (found,) = lessons([ended("logistics", 9, sku="TOWER")], [DEFAULT, of_stands])
    made = a_rule(found.to_unit, cause=found.cause, priority=found.priority)
    assert best([DEFAULT, of_stands, made], "neglect", "STAND-40") is of_stands


@pytest.mark.parametrize(
    "endings",
    [
        [ended("logistics", FEWEST - 1)],
        [ended("logistics", FEWEST - 1), ended("sales", 1)],
        [ended("logistics", 4), ended("sales", 4)],
        [ended("complaint-desk", 9)],
        [],
    ],
    ids=["too few", "enough of the cause, too few at one unit", "half is not most", "sent there already", "nothing"],
)
def test_what_teaches_nothing(endings: list[Ending]) -> None:
    assert lessons(endings, [DEFAULT]) == []


_CAUSES, _UNITS, _SKUS = ("price", "quality"), ("finance", "logistics", "sales"), (None, "TOWER", "STAND-40")


@given(
    st.lists(
        st.builds(Ending, st.sampled_from(_CAUSES), st.sampled_from(_SKUS), st.sampled_from(_UNITS), st.integers(1, 9)),
        unique_by=lambda one: (one.cause, one.sku, one.unit),
    ),
    st.lists(
        st.builds(
            lambda unit, cause, prefix, priority: a_rule(unit, cause=cause, sku_prefix=prefix, priority=priority),
            st.sampled_from(_UNITS),
            st.sampled_from([None, *_CAUSES]),
            st.sampled_from([None, "STAND"]),
            st.integers(0, 3),
        )
    ),
)
def test_a_proposed_rule_in_force_decides_and_teaches_nothing_more(endings: list[Ending], known: list[Rule]) -> None:
    rules = [DEFAULT, *known]
    for found in lessons(endings, rules):
        changed = [replace(one, to_unit=found.to_unit) if one is found.replaces else one for one in rules]
        if found.replaces is None:
            changed.append(a_rule(found.to_unit, cause=found.cause, priority=found.priority))
        decides = best(changed, found.cause, None)
        assert decides is not None
        assert decides.to_unit == found.to_unit
        assert found.cause not in {one.cause for one in lessons(endings, changed)}
        of_products = [one for one in rules if one.sku_prefix]
        before = best(rules, found.cause, "STAND-40")
        assert before not in of_products or best(changed, found.cause, "STAND-40") is before
