"""Drafts of every kind: what is no change or makes no sense is refused with its field."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from guanxi.problems import Unprocessable
from scoring.rehearsals import sense
from scoring.rehearsals.draft import drafted
from scoring.scorecards import files

TEXT = {"zh-Hans": "打电话", "zh-Hant": "打電話", "en": "Call them"}


def _bands(kind: str, n: int, **values: int) -> list[dict[str, Any]]:
    bands: list[dict[str, Any]] = copy.deepcopy(files.body(kind)["bands"])
    bands[n] |= values
    return bands


def _signal(code: str, **values: int) -> dict[str, Any]:
    return {"signals": {code: values}}


def _segment(**values: Any) -> dict[str, Any]:
    return {"segments": [{"id": "key-customers"} | values]}


def _top(*actions: dict[str, Any]) -> dict[str, Any]:
    return {"treatments": {"top": list(actions)}}


@pytest.mark.parametrize("kind", files.SCORED)
def test_what_is_shipped_makes_sense(kind: str) -> None:
    assert list(sense.senseless(kind, files.body(kind))) == []


@pytest.mark.parametrize(
    ("kind", "changes", "field", "code"),
    [
        ("trust", {"base": 101}, "changes.base", "range"),
        ("trust", {"least": 80}, "changes.base", "order"),
        ("trust", {"least": 100}, "changes.least", "order"),
        ("trust", {"bands": _bands("trust", 0, **{"from": 60})}, "changes.bands", "order"),
        ("trust", {"bands": _bands("trust", 2, **{"from": 0})}, "changes.bands[2].from", "range"),
        ("trust", {"bands": _bands("trust", 0, **{"from": 101})}, "changes.bands[0].from", "range"),
        ("trust", _signal("promise-kept", half_life_days=0), "changes.signals.promise-kept.half_life_days", "range"),
        ("trust", _signal("promise-kept", points=-1), "changes.signals.promise-kept.points", "range"),
        ("trust", _signal("promise-broken", points=1), "changes.signals.promise-broken.points", "range"),
        ("trust", _signal("promise-broken", least=1), "changes.signals.promise-broken.least", "range"),
        ("trust", _signal("promise-broken", most=1), "changes.signals.promise-broken.most", "unknown"),
        ("trust", _signal("smiles", points=1), "changes.signals.smiles", "unknown"),
        ("trust", {"base": 70}, "changes", "empty"),
        ("value.learning", _signal("need", half_life_days=3651), "changes.signals.need.half_life_days", "range"),
        ("value.learning", {"codes": {"need": "interview"}}, "changes.codes.need", "fixed"),
        ("satisfaction", {"points_per_grade": 0}, "changes.points_per_grade", "range"),
        ("satisfaction", {"most_grades": 0}, "changes.most_grades", "range"),
        ("satisfaction", {"importance": 0}, "changes.importance", "range"),
        ("satisfaction", {"sources": {"card": {"points": -1}}}, "changes.sources.card.points", "range"),
        ("satisfaction", {"sources": {"card": {"half_life_days": 0}}}, "changes.sources.card.half_life_days", "range"),
        (
            "satisfaction",
            {"sources": {code: {"points": 0} for code in files.body("satisfaction")["sources"]}},
            "changes.sources",
            "empty",
        ),
        ("satisfaction", {"outcomes": {"above": "churn"}}, "changes.outcomes.above", "fixed"),
        ("value.influence", {"window_days": 0}, "changes.window_days", "range"),
        ("value.influence", {"share_bp": [10_001, 1000, 300]}, "changes.share_bp[0]", "range"),
        ("value.influence", {"share_bp": [3000, 1000, 2000]}, "changes.share_bp", "order"),
        ("value.influence", {"share_bp": [3000]}, "changes.share_bp", "length"),
        ("value.influence", {"most_customers": 0}, "changes.most_customers", "range"),
        (
            "value.influence",
            {"points": [[0, 0], [1_000_000, 10], [5_000_000, 9], [15_000_000, 70], [40_000_000, 100]]},
            "changes.points",
            "order",
        ),
        ("value.potential", {"wallet_days": 0}, "changes.wallet_days", "range"),
        ("value.potential", {"winnable_bp": 10_001}, "changes.winnable_bp", "range"),
        ("value.potential", {"agreements": {"strategic": 101}}, "changes.agreements.strategic", "range"),
        ("value.potential", {"life_cycle": {"decline": -101}}, "changes.life_cycle.decline", "range"),
        ("value.potential", {"needs": {"later": -1}}, "changes.needs.later", "range"),
        ("value.potential", {"growth": {"span_days": 0}}, "changes.growth.span_days", "range"),
        (
            "value.potential",
            {"growth": {"steps": [[1, 15], [2, 8], [9000, 0], [5000, -5], [0, -10]]}},
            "changes.growth.steps",
            "order",
        ),
        (
            "value.potential",
            {"wallet": [[0, 0], [1_000_000, 10], [5_000_000, 30], [20_000_000, 101]]},
            "changes.wallet[3][1]",
            "range",
        ),
        ("segments", {"tiers": {"top": {"en": "Best"}}}, "changes.tiers", "fixed"),
        ("segments", {"segments": {}}, "changes.segments", "type"),
        ("segments", {"segments": ["key-customers"]}, "changes.segments", "type"),
        ("segments", {"segments": [{"tiers": ["top"]}]}, "changes.segments[0].id", "unknown"),
        ("segments", {"segments": [{"id": ["x"], "tiers": ["top"]}]}, "changes.segments[0].id", "unknown"),
        ("segments", {"segments": [{"id": "friends"}]}, "changes.segments[0].id", "unknown"),
        ("segments", _segment(rule="whoever"), "changes.segments[0].rule", "fixed"),
        ("segments", _segment(names={"en": "VIP"}), "changes.segments[0].names", "fixed"),
        ("segments", _segment(tiers=[]), "changes.segments[0].tiers", "empty"),
        ("segments", _segment(tiers="top"), "changes.segments[0].tiers", "empty"),
        ("segments", _segment(tiers=["top", "best"]), "changes.segments[0].tiers[1]", "unknown"),
        ("segments", _segment(tiers=["top", {}]), "changes.segments[0].tiers[1]", "unknown"),
        ("segments", _segment(tiers=["top", "top"]), "changes.segments[0].tiers[1]", "twice"),
        ("segments", _segment(tiers=["top"]), "changes", "empty"),
        ("segments", {"segments": [{"id": "tier", "tiers": ["top"]}]}, "changes.segments[0].tiers", "fixed"),
        (
            "segments",
            {"segments": [{"id": "key-customers", "tiers": ["high"]}, {"id": "key-customers"}]},
            "changes.segments[1].id",
            "twice",
        ),
        ("treatments", {"kind": "treatments"}, "changes.kind", "fixed"),
        ("treatments", {"treatments": []}, "changes.treatments", "type"),
        ("treatments", {"treatments": {"best": [{"code": "call"} | TEXT]}}, "changes.treatments.best", "unknown"),
        ("treatments", _top(), "changes.treatments.top", "type"),
        ("treatments", {"treatments": {"top": ["call"]}}, "changes.treatments.top", "type"),
        ("treatments", _top({"code": "call me"} | TEXT), "changes.treatments.top[0].code", "code"),
        ("treatments", _top(TEXT), "changes.treatments.top[0].code", "code"),
        ("treatments", _top({"code": "talk-more"}, {"code": "call"}), "changes.treatments.top[1].en", "text"),
        ("treatments", _top({"code": "call"} | TEXT | {"en": " "}), "changes.treatments.top[0].en", "text"),
        ("treatments", _top({"code": "call"} | TEXT | {"en": "x" * 201}), "changes.treatments.top[0].en", "text"),
        ("treatments", _top({"code": "call"} | TEXT | {"de": "Anruf"}), "changes.treatments.top[0].de", "unknown"),
        ("treatments", _top({"code": "talk-more", "en": "Shout"}), "changes.treatments.top[0].en", "fixed"),
        ("treatments", _top({"code": "talk-more"}, {"code": "talk-more"}), "changes.treatments.top[1].code", "twice"),
        # What a code says to other tiers: two things, and nothing else.
        ("treatments", _top({"code": "recommend"}), "changes.treatments.top[0].code", "ambiguous"),
        ("treatments", _top({"code": "recommend"} | TEXT), "changes.treatments.top[0].en", "fixed"),
        ("treatments", _top({"code": "find-the-loss"} | TEXT), "changes.treatments.top[0].zh-Hant", "fixed"),
        (
            "treatments",
            {"treatments": {"top": [{"code": "call"} | TEXT], "high": [{"code": "call"} | TEXT | {"en": "Shout"}]}},
            "changes.treatments.high[0].en",
            "fixed",
        ),
    ],
)
def test_what_is_no_change_or_makes_no_sense_is_refused_with_its_field(
    kind: str, changes: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(Unprocessable) as refused:
        drafted(kind, files.body(kind), changes, 2)
    assert (field, code) in {(one.field, one.code) for one in refused.value.errors}


def test_a_segment_takes_other_tiers_in_the_order_of_the_tiers_and_keeps_all_else() -> None:
    body = files.body("segments")
    made = drafted("segments", body, _segment(tiers=["high", "top"]), 2)
    assert made["version"] == 2
    assert made["segments"][1] == body["segments"][1] | {"tiers": ["top", "high"]}
    assert (made["segments"][0], made["tiers"]) == (body["segments"][0], body["tiers"])
    assert body == files.body("segments")


def test_actions_in_force_keep_their_texts_and_new_ones_bring_them() -> None:
    body = files.body("treatments")
    made = drafted("treatments", body, _top({"code": "talk-more"}, {"code": "call"} | TEXT), 2)
    assert made["treatments"]["top"] == [body["treatments"]["top"][1], {"code": "call"} | TEXT]
    assert made["treatments"]["high"] == body["treatments"]["high"]
    assert body == files.body("treatments")


def test_a_tier_may_be_recommended_what_others_are() -> None:
    body = files.body("treatments")
    loss, high = body["treatments"]["loss"][0], body["treatments"]["high"][1]
    made = drafted("treatments", body, _top({"code": "find-the-loss"}, high), 2)
    assert made["treatments"]["top"] == [loss, high]


def test_a_code_says_what_it_said_in_an_earlier_version() -> None:
    first = files.body("treatments")
    second = drafted("treatments", first, _top({"code": "talk-more"}, {"code": "call"} | TEXT), 2)
    third = drafted("treatments", second, _top({"code": "talk-more"}), 3)
    earlier = [third, second, first]
    back = drafted("treatments", third, _top({"code": "account-plan"}, {"code": "call"}), 4, earlier)
    assert back["treatments"]["top"] == [first["treatments"]["top"][0], {"code": "call"} | TEXT]
    with pytest.raises(Unprocessable) as refused:
        drafted("treatments", third, _top({"code": "call"} | TEXT | {"en": "Shout"}), 4, earlier)
    assert [(one.field, one.code) for one in refused.value.errors] == [("changes.treatments.top[0].en", "fixed")]
    # To a tier that it was never said to: what it says to others.
    other = {"treatments": {"loss": [{"code": "call"} | TEXT | {"en": "Shout"}]}}
    with pytest.raises(Unprocessable):
        drafted("treatments", third, other, 4, earlier)
