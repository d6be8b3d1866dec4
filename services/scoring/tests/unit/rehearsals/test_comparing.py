"""Customers by the rules in force and by a draft: who would move, in what, and what that comes to."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any
from uuid import UUID

from scoring.facts.rules import FactRow, Graded, Traits
from scoring.rehearsals import rules
from scoring.rehearsals.comparing import Compared, Customer, compared
from scoring.rehearsals.draft import drafted
from scoring.rehearsals.rules import Result
from scoring.scorecards import files
from scoring.scorecards.cards import Cards
from scoring.scorecards.referring import REFERRAL
from scoring.scores.influence import Network

from ..conftest import NOW, a_fact, an_order

WHO = UUID(int=9)
NOW_IN_FORCE = files.cards()


def _then(kind: str, changes: dict[str, Any]) -> Cards:
    return files.replaced(NOW_IN_FORCE, kind, drafted(kind, files.body(kind), changes, 2))


def _compared(kind: str, facts: list[FactRow], changes: dict[str, Any]) -> list[Compared]:
    return compared(kind, Customer(WHO, (WHO,), facts), NOW_IN_FORCE, _then(kind, changes), NOW)


def _top() -> list[FactRow]:
    return [an_order(1, 50_000_000, 100), an_order(2, 50_000_000, 20)]


def _bands(kind: str, **first: int) -> list[dict[str, Any]]:
    bands: list[dict[str, Any]] = copy.deepcopy(files.body(kind)["bands"])
    bands[0] |= first
    return bands


def test_a_tier_is_compared_by_both_cards_folded_over_all_days() -> None:
    facts = [*_top(), a_fact(3, "service", 5, amount_minor=100)]
    changes = {"bands": _bands(files.VALUE, **{"from": 90, "keep_from": 85})}
    found, key = _compared(files.VALUE, facts, changes)
    assert (found.tier, found.tier_after, found.value) == ("top", "high", found.value_after)
    assert "account-plan" in found.loses
    assert "recommend" in found.gains
    assert (key.scope, key.tier, key.tier_after, key.down) == ("key-customers", "member", "outside", True)
    same, neither = _compared(files.VALUE, [an_order(1, 100, 100)], changes)
    assert (same.tier, same.moves, neither.moves) == (same.tier_after, False, False)
    other = rules.added(files.VALUE, Result(), [found, key], {WHO})
    result = rules.added(files.VALUE, other, [same, neither], set())
    assert (result.customers, result.movers, result.up, result.down, result.leave_top) == (2, 1, 0, 1, 1)
    assert (result.key_customers, result.key_customers_down) == (1, 1)
    assert result.tiers == {"high": 1, same.tier: 1, "key-customers/outside": 2}
    assert result.moves == {"top>high": 1, "key-customers/member>outside": 1}
    assert result.profit_minor == result.profit_down_minor == found.profit_minor


def test_another_card_of_existing_value_moves_influence_too() -> None:
    other = UUID(int=10)
    referral = replace(a_fact(1, REFERRAL, 100, traits=Traits(referred_id=other)), customer_id=WHO)
    order = replace(an_order(2, 60_000_000, 50), customer_id=other)
    around = Network({WHO: WHO, other: other}, [referral], [order])
    who = Customer(WHO, (WHO,), [referral], around)
    then = _then(files.VALUE, {"default_margin_bp": 1000})
    found = {one.scope: one for one in compared(files.VALUE, who, NOW_IN_FORCE, then, NOW)}
    moved = found["value.influence"]
    assert (moved.tier, moved.tier_after, moved.down) == ("wide", "some", True)
    result = rules.added(files.VALUE, Result(), found.values(), set())
    assert (result.movers, result.moves) == (1, {"value.influence/wide>some": 1})
    assert (result.tiers or {})["value.influence/some"] == 1


def test_a_band_of_trust_is_compared_with_the_profit_that_is_at_stake() -> None:
    facts = [*_top(), a_fact(3, "promise.broken", 10)]
    [found] = _compared("trust", facts, {"signals": {"promise-broken": {"points": -40}}})
    assert (found.scope, found.tier, found.tier_after) == ("trust", "strained", "broken")
    assert (found.down, found.up, found.loses, found.gains) == (True, False, (), ())
    assert (found.value_after or 0) < (found.value or 0)
    assert (found.profit_minor or 0) > 0


def test_every_facet_of_satisfaction_moves_for_itself_and_a_customer_counts_once() -> None:
    grades = (Graded("price", 3, 3, None), Graded("service", 4, 2, None))
    facts = [*_top(), a_fact(3, "opinion", 5, traits=Traits(status="card", grades=grades))]
    found = _compared("satisfaction", facts, {"bands": _bands("satisfaction", **{"from": 50})})
    assert len(found) == len(NOW_IN_FORCE.satisfaction)
    moving = {one.scope: (one.tier, one.tier_after) for one in found if one.moves}
    assert moving == {"satisfaction.price": ("equal", "above")}
    result = rules.added("satisfaction", Result(), found, set())
    assert (result.customers, result.movers, result.up) == (1, 1, 1)
    assert result.moves == {"satisfaction.price/equal>above": 1}
    assert result.tiers == {"below": 1, "satisfaction.price/above": 1, "satisfaction.service/below": 1}
    assert result.profit_minor == found[0].profit_minor


def test_who_would_have_nothing_to_go_by_any_more_goes_down_and_is_in_no_band() -> None:
    facts = [a_fact(1, "wallet", 400, amount_minor=400_000_000, currency="CNY")]
    [found] = _compared("value.potential", facts, {"wallet_days": 300})
    assert (found.tier, found.tier_after, found.value_after, found.down) == ("high", "unrated", None, True)
    assert rules.added("value.potential", Result(), [found], set()).tiers == {}


def test_a_segment_is_entered_and_left() -> None:
    [found] = _compared("segments", _top(), {"segments": [{"id": "key-customers", "tiers": ["high"]}]})
    assert (found.scope, found.tier, found.tier_after) == ("key-customers", "member", "outside")
    assert (found.down, found.leaves_top) == (True, True)
    result = rules.added("segments", Result(), [found], set())
    assert result.tiers == {"key-customers/outside": 1}
    assert result.moves == {"key-customers/member>outside": 1}


def test_a_treatment_touches_who_is_in_the_tier() -> None:
    text = {"zh-Hans": "打电话", "zh-Hant": "打電話", "en": "Call"}
    changes = {"treatments": {"top": [{"code": "talk-more"}, {"code": "call"} | text]}}
    [found] = _compared("treatments", _top(), changes)
    assert (found.tier, found.tier_after) == ("top", "top")
    assert (found.loses, found.gains) == (("account-plan", "answer-first"), ("call",))
    assert (found.up, found.down, found.leaves_top) == (True, True, False)
    [same] = _compared("treatments", [an_order(1, 100, 100)], changes)
    assert not same.moves
    result = rules.added("treatments", Result(), [found, same], set())
    assert result.moves == {"top>top": 1}


def test_what_rests_on_existing_value_follows_the_card_in_force() -> None:
    then = _then(files.VALUE, {"default_margin_bp": 100})
    assert then.influence.worth is then.potential.worth is then.value
    assert files.replaced(then, "value.influence", files.body("value.influence")).influence.worth is then.value
