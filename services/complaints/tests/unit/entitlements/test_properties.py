"""What holds of any purchases, standing and day: no order of arrival matters, and who is better is not worse off."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from complaints.entitlements.agreements import Copy
from complaints.entitlements.comparison import compare, narrowed
from complaints.entitlements.evaluation import evaluate
from complaints.entitlements.goods import Record

from .builders import ME, clauses, delivery, file_of, given_back, order, shipped, signed, tier, version, wording

_POLICY = shipped()
_OTHER = shipped(
    vip_tiers=["high"],
    clauses=clauses(
        {"code": "warranty.all", "months": 7}, {"code": "lifelong.samples", "order_at_least_minor": 40_000_000}
    ),
)
_SOME = shipped(clauses=clauses({"code": "warranty.vip", "months": 3}, {"code": "lifelong.new", "benefit": "b"}))
_FIRST = date(2026, 1, 1)
days = st.integers(0, 700).map(lambda n: _FIRST + timedelta(days=n))
totals = st.sampled_from([100, 40_000_000, 49_999_999, 50_000_000, 50_000_001])
tiers = st.sampled_from(["top", "high", "none", None])


@st.composite
def histories(draw: st.DrawFn) -> list[Record]:
    told: list[Record] = []
    for _ in range(draw(st.integers(0, 3))):
        day = draw(days)
        first = order(day.isoformat(), draw(totals), draw(st.integers(1, 9)))
        told.append(first)
        told += [replace(first, version=n, amount_minor=draw(totals)) for n in range(2, draw(st.integers(2, 4)))]
        if draw(st.booleans()):
            told.append(delivery(first, (day + timedelta(days=draw(st.integers(0, 40)))).isoformat()))
        if draw(st.booleans()):
            told.append(given_back(first, (day + timedelta(days=60)).isoformat(), draw(st.integers(1, 9))))
    return told


@given(histories(), st.lists(st.tuples(tiers, days), max_size=4), days, st.randoms(use_true_random=False))
def test_late_twice_and_shuffled_news_give_one_answer(
    told: list[Record], moves: list[tuple[str | None, date]], on: date, chance: random.Random
) -> None:
    steps = [tier(name, day.isoformat(), n) for n, (name, day) in enumerate(moves)]
    wanted = evaluate(_POLICY, file_of(told, steps=steps, region="CN-14"), on)
    again = [*told, *chance.sample(told, len(told) // 2)]
    chance.shuffle(again)
    chance.shuffle(steps)
    assert evaluate(_POLICY, file_of(again, steps=steps, region="CN-14"), on) == wanted


@given(histories(), days)
def test_a_vip_is_never_served_worse(told: list[Record], on: date) -> None:
    plain = evaluate(_POLICY, file_of(told), on)
    vip = evaluate(_POLICY, file_of(told, steps=[tier("top", "2025-01-01")]), on)
    for one, other in zip(plain.goods, vip.goods, strict=True):
        mine, theirs = one.best(), other.best()
        assert mine is not None
        assert theirs is not None
        assert theirs.applies >= mine.applies
        assert theirs.reaches >= mine.reaches


@given(histories(), days, totals)
def test_buying_more_takes_nothing_away(told: list[Record], on: date, total: int) -> None:
    before = evaluate(_POLICY, file_of(told, region="CN-14"), on)
    after = evaluate(_POLICY, file_of([*told, order("2026-01-01", total)], region="CN-14"), on)
    had = {one.clause.code for one in before.customer if one.applies}
    assert had <= {one.clause.code for one in after.customer if one.applies}
    best, now = before.best(), after.best()
    assert best is not None
    assert now is not None
    assert now[1].applies >= best[1].applies


@given(histories(), days)
def test_every_answer_names_its_reason_and_agrees_with_itself(told: list[Record], on: date) -> None:
    answer = evaluate(_POLICY, file_of(told), on)
    for one in (*answer.customer, *(each for goods in answer.goods for each in goods.tried)):
        assert (one.reason == "applies") is one.applies
        assert not one.flagged or one.why == "held"
        if one.applies and one.until is not None:
            assert one.since is not None
            assert one.since <= on <= one.until
            assert one.days_left(on) == (one.until - on).days


@st.composite
def agreed(draw: st.DrawFn) -> list[Copy]:
    told: list[Copy] = []
    recorded = draw(days)
    for number in range(1, draw(st.integers(1, 4))):
        since = draw(days)
        until = since + timedelta(days=draw(st.integers(0, 400))) if draw(st.booleans()) else None
        terms = wording(months=draw(st.integers(1, 30)), vip=draw(st.booleans()))
        one = version(recorded.isoformat(), since.isoformat(), until.isoformat() if until else None, terms)
        told.append(replace(one, version=number))
        recorded += timedelta(days=draw(st.integers(0, 200)))
    return told


@given(histories(), agreed(), days, st.randoms(use_true_random=False))
def test_agreements_may_be_told_of_in_any_order(
    told: list[Record], versions: list[Copy], on: date, chance: random.Random
) -> None:
    wanted = evaluate(_POLICY, file_of(told, agreements=signed(*versions)), on)
    chance.shuffle(versions)
    assert evaluate(_POLICY, file_of(told, agreements=signed(*versions)), on) == wanted
    for one in (each for goods in wanted.goods for each in goods.tried):
        assert (one.reason == "applies") is one.applies
        assert not one.flagged or (one.promised_by is not None or one.order_id is not None)
        agreement = one.clause.agreed
        if one.applies and agreement is not None:
            assert agreement.in_force(on)
            assert one.reaches <= (agreement.until or date.max)


@given(histories(), agreed(), days)
def test_the_next_version_takes_nothing_from_goods_got_by_then(
    told: list[Record], versions: list[Copy], on: date
) -> None:
    for n in range(1, len(versions)):
        replaced = versions[n].recorded_at.date()
        before = evaluate(_POLICY, file_of(told, agreements=signed(*versions[:n])), on)
        after = evaluate(_POLICY, file_of(told, agreements=signed(*versions[: n + 1])), on)
        for old, new in zip(before.goods, after.goods, strict=True):
            had, has = old.best(), new.best()
            if had is None or has is None or not had.applies or had.clause.agreed is None or old.lot is None:
                continue
            stood = max(had.clause.agreed.since, versions[had.clause.agreed.version - 1].recorded_at.date())
            if had.promised_by is None and stood <= min(replaced, had.clause.agreed.until or date.max):
                assert old.lot.start > replaced or (has.applies and has.reaches >= had.reaches)


@given(histories(), days, tiers)
def test_what_one_policy_gives_the_way_back_takes(told: list[Record], on: date, now: str | None) -> None:
    file = file_of(told, steps=[tier(now, "2025-01-01")], region="CN-14")
    there, back = compare(_POLICY, _OTHER, ME, file, on), compare(_OTHER, _POLICY, ME, file, on)
    assert compare(*narrowed(_POLICY, _OTHER), ME, file, on) == there
    assert (there is None) is (back is None)
    if there is not None and back is not None:
        assert [(one.benefit, one.before, one.after, one.gained) for one in there.moved] == [
            (one.benefit, one.after, one.before, not one.gained) for one in back.moved
        ]


@given(histories(), days, tiers)
def test_clauses_that_are_the_same_in_both_need_not_be_looked_at(told: list[Record], on: date, now: str | None) -> None:
    file = file_of(told, steps=[tier(now, "2025-01-01")], region="CN-14")
    few = narrowed(_POLICY, _SOME)
    assert {clause.benefit for one in few for clause in one.clauses} == {"warranty", "b"}
    assert compare(*few, ME, file, on) == compare(_POLICY, _SOME, ME, file, on)
