from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from complaints.routing import rules
from complaints.routing.rules import Leaver, Organisation, Route, Rule
from guanxi.directory import Unit

CODES = ("head-office", "complaint-desk", "finance", "north", "south")
PEOPLE = [uuid4() for _ in range(4)]


def a_rule(to_unit: str, **values: Any) -> Rule:
    body = {"id": uuid4(), "version": 1, "cause": None, "sku_prefix": None, "priority": 100, **values}
    return Rule(to_unit=to_unit, **body)


def a_unit(
    code: str, parent: str | None = "head-office", lead_id: UUID | None = None, *, internal: bool = True
) -> Unit:
    return Unit(code, code, "department", internal, parent, "Asia/Shanghai", lead_id, {})


def firm(*units: Unit, left: tuple[UUID, ...] = ()) -> Organisation:
    known = (a_unit("head-office", None), a_unit("complaint-desk"), *units)
    return Organisation({unit.code: unit for unit in known}, left)


def routed(
    given_rules: list[Rule], organisation: Organisation, cause: str, sku: str | None, first_door: str | None = None
) -> Route:
    return rules.standing(organisation, *rules.wanted(given_rules, cause, sku, first_door), "sales")


organisations = st.builds(
    lambda units, left: Organisation({unit.code: unit for unit in units}, left),
    st.lists(
        st.builds(
            lambda code, parent, lead_id, internal: a_unit(code, parent, lead_id, internal=internal),
            st.sampled_from(CODES),
            st.one_of(st.none(), st.sampled_from(CODES)),
            st.sampled_from([None, *PEOPLE]),
            st.booleans(),
        )
    ),
    st.sets(st.sampled_from(PEOPLE)),
)
rule_lists = st.lists(
    st.builds(
        lambda to_unit, cause, prefix, priority: a_rule(to_unit, cause=cause, sku_prefix=prefix, priority=priority),
        st.sampled_from([*CODES, "nowhere"]),
        st.sampled_from([None, "price", "quality"]),
        st.sampled_from([None, "TO", "TOWER"]),
        st.integers(0, 3),
    ),
    max_size=6,
)


@given(rule_lists, organisations, st.sampled_from(["price", "other"]), st.sampled_from([None, "TOWER-9"]))
def test_whatever_the_rules_and_the_firm_there_is_a_holder_who_has_not_left(
    given_rules: list[Rule], organisation: Organisation, cause: str, sku: str | None
) -> None:
    route = routed(given_rules, organisation, cause, sku)
    assert route.unit == "head-office" or route.unit in organisation.units
    assert route.lead_id is None or route.lead_id not in organisation.left
    assert route.unit == "head-office" or rules.may_hold(organisation.units[route.unit], "sales")


def test_the_highest_priority_wins_then_the_more_telling_rule() -> None:
    general = a_rule("finance", cause="price")
    narrow = a_rule("north", cause="price", sku_prefix="TOWER")
    narrower = a_rule("south", sku_prefix="TOWER-9")
    urgent = a_rule("complaint-desk", priority=900)
    assert rules.best([general, narrow], "price", "TOWER-9") is narrow
    assert rules.best([general, narrow, narrower], "price", "TOWER-9") is narrower
    assert rules.best([general, narrow, urgent], "price", "TOWER-9") is urgent
    assert rules.best([general, narrow], "price", None) is general
    assert rules.best([general], "quality", None) is None


def test_of_equals_the_older_rule_wins() -> None:
    older, younger = a_rule("finance", id=UUID(int=1)), a_rule("north", id=UUID(int=2))
    assert rules.best([younger, older], "price", None) is older


def test_the_door_that_the_customer_came_to_comes_before_any_rule() -> None:
    route = routed([a_rule("north")], firm(a_unit("finance"), a_unit("north")), "price", None, "finance")
    assert (route.unit, route.reason) == ("finance", "first_door")


def test_without_a_rule_the_desk_has_it() -> None:
    assert routed([], firm(), "price", None).unit == "complaint-desk"


def test_a_unit_that_nobody_knows_leads_to_head_office() -> None:
    assert routed([a_rule("nowhere")], firm(), "price", None).unit == "head-office"


def test_when_the_lead_has_left_the_parent_has_it() -> None:
    gone, here = uuid4(), uuid4()
    units = (a_unit("south", "north", gone), a_unit("north", "head-office", here))
    route = routed([a_rule("south")], firm(*units, left=(gone,)), "price", None)
    assert (route.unit, route.lead_id, route.reason) == ("north", here, "parent")


def test_parents_in_a_circle_lead_to_head_office() -> None:
    gone = uuid4()
    units = (a_unit("south", "north", gone), a_unit("north", "south", gone))
    assert rules.standing(firm(*units, left=(gone,)), "south", "rule").unit == "head-office"


def test_head_office_holds_even_when_its_lead_has_left() -> None:
    gone = uuid4()
    organisation = Organisation({"head-office": a_unit("head-office", None, gone)}, (gone,))
    route = rules.standing(organisation, "head-office", "rule")
    assert (route.unit, route.lead_id) == ("head-office", None)


def test_an_external_unit_holds_only_its_own() -> None:
    organisation = firm(a_unit("dealer", "head-office", internal=False), a_unit("counter", "dealer", internal=False))
    assert rules.standing(organisation, "dealer", "first_door", "dealer").unit == "dealer"
    assert rules.standing(organisation, "dealer", "rule", "head-office").unit == "head-office"
    assert rules.standing(organisation, "counter", "rule", "dealer").unit == "dealer"


def test_who_took_over_from_a_leaver_is_the_nearest_lead_who_is_there() -> None:
    here, gone = uuid4(), uuid4()
    units = (a_unit("south", "north"), a_unit("north", "sales", gone), a_unit("sales", "head-office", here))
    organisation = firm(*units, left=(gone,))
    route = rules.standing(organisation, "south", "holder_left", led=True)
    assert (route.unit, route.lead_id) == ("sales", here)
    assert rules.standing(organisation, "south", "rule").unit == "south"


def test_whoever_leaves_is_gone_from_the_first_moment_of_that_day_at_their_unit() -> None:
    leaver = Leaver(uuid4(), date(2026, 12, 1), ZoneInfo("Asia/Shanghai"))
    assert leaver.gone_from == datetime(2026, 11, 30, 16, tzinfo=UTC)
