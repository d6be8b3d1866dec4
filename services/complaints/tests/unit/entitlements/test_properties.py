"""What holds of any purchases, standing and day: no order of arrival matters, and who is better is not worse off."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from complaints.entitlements.agreements import Copy, Promise
from complaints.entitlements.comparison import compare, narrowed
from complaints.entitlements.evaluation import Answer, Tried, evaluate
from complaints.entitlements.goods import Lot, Record

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


_KINDS = ("exchange", "repair", "care")
kinds = st.sets(st.sampled_from(_KINDS)).map(sorted)


@st.composite
def worded(draw: st.DrawFn, code: str) -> dict[str, Any]:
    benefit, of = draw(st.sampled_from([("warranty", "goods"), ("b", "goods"), ("tenders", "customer")]))
    terms = {"months": draw(st.integers(1, 30))} if of == "goods" and draw(st.booleans()) else {}
    package = {"package": "gold"} if draw(st.booleans()) else {}
    return wording(code, benefit, of, kinds=draw(kinds), vip=draw(st.booleans()), **terms, **package)


@st.composite
def agreed(draw: st.DrawFn) -> list[Copy]:
    told: list[Copy] = []
    recorded = draw(days)
    for number in range(1, draw(st.integers(1, 5))):
        since = draw(days)
        until = since + timedelta(days=draw(st.integers(0, 400))) if draw(st.booleans()) else None
        said = [draw(worded(code)) for code in sorted(draw(st.sets(st.sampled_from("xyz"))))]
        one = version(recorded.isoformat(), since.isoformat(), until.isoformat() if until else None)
        told.append(replace(one, version=number, clauses=said))
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
        assert not one.flagged or (one.promised_by or one.order_id is not None)
        agreement = one.clause.agreed
        if one.applies and agreement is not None:
            assert agreement.in_force(on)
            assert one.reaches <= (agreement.until or date.max)


def _applying(answer: Answer) -> list[tuple[Lot | None, list[Tried]]]:
    """What applies to the customer as such and to each lot."""
    parts = [(None, answer.customer), *((one.lot, one.tried) for one in answer.goods)]
    return [(lot, [one for one in tried if one.applies]) for lot, tried in parts]


def _waiting(answer: Answer) -> set[Promise]:
    some = [one for _, tried in _applying(answer) for one in tried if one.flagged]
    return {(by.version, one.clause.code) for one in some for by in one.promised_by}


def _nothing_lost(had: Sequence[Tried], has: Sequence[Tried], versions: Sequence[Copy]) -> None:
    spoken = [(clause["benefit"], kind) for one in versions for clause in one.clauses for kind in clause["kinds"]]
    spoken += [(clause.benefit, kind) for clause in _POLICY.clauses for kind in clause.kinds]
    for one in had:
        words = {kind for benefit, kind in spoken if benefit == one.clause.benefit}
        for kind in one.clause.kinds or words or {"any"}:
            assert any(_as_much(other, one, kind) for other in has), (one, kind)


def _as_much(has: Tried, had: Tried, kind: str) -> bool:
    mine, theirs = has.clause, had.clause
    same = mine.benefit == theirs.benefit and theirs.package in {None, mine.package}
    return same and kind in (mine.kinds or {kind}) and has.reaches >= had.reaches


def _promised(one: Tried, lot: Lot | None, versions: Sequence[Copy]) -> bool:
    """Whether a change of the last of these versions, by the next, must leave this in force."""
    terms = one.clause.agreed
    if terms is None or one.promised_by:
        return terms is not None
    stood, replaced = (versions[n].recorded_at.date() for n in (-2, -1))
    in_force = max(terms.since, stood) <= min(replaced, terms.until or date.max)
    return in_force and (lot is None or lot.first <= replaced)


@given(histories(), agreed(), days)
def test_the_next_version_takes_nothing_from_goods_got_by_then(
    told: list[Record], versions: list[Copy], on: date
) -> None:
    for n in range(1, len(versions)):
        before = evaluate(_POLICY, file_of(told, agreements=signed(*versions[:n])), on)
        after = evaluate(_POLICY, file_of(told, agreements=signed(*versions[: n + 1])), on)
        for (lot, had), (_, has) in zip(_applying(before), _applying(after), strict=True):
            _nothing_lost([one for one in had if _promised(one, lot, versions[: n + 1])], has, versions[: n + 1])


@given(histories(), agreed(), days, st.data())
def test_what_was_kept_stays_and_a_withdrawal_takes_only_what_was_shown(
    told: list[Record], versions: list[Copy], on: date, data: st.DataObject
) -> None:
    decided: dict[Promise, str] = {}
    answer: Answer | None = None
    for n in range(1, len(versions) + 1):
        before, answer = answer, _answer(told, versions[:n], decided, on)
        if before is not None:
            for (lot, had), (_, has) in zip(_applying(before), _applying(answer), strict=True):
                _nothing_lost([one for one in had if _promised(one, lot, versions[:n])], has, versions[:n])
        waits = _waiting(answer)
        shown = data.draw(st.sets(st.sampled_from(sorted(waits)))) if waits else set()
        word = data.draw(st.sampled_from(["kept", "withdrawn"]))
        decided |= dict.fromkeys(shown, word)
        before, answer = answer, _answer(told, versions[:n], decided, on)
        left = _waiting(answer)
        assert left <= waits - shown if word == "kept" else left == waits - shown
        for (_, had), (_, has) in zip(_applying(before), _applying(answer), strict=True):
            stays = [one for one in had if word == "kept" or not _taken(one, shown)]
            _nothing_lost(stays, has, versions[:n])


def _answer(told: list[Record], versions: list[Copy], decided: dict[Promise, str], on: date) -> Answer:
    return evaluate(_POLICY, file_of(told, agreements=signed(*versions, decided=decided)), on)


def _taken(one: Tried, shown: set[Promise]) -> bool:
    """Whether a withdrawal of these promises takes it: it waits, and all the versions that had said so are meant."""
    return one.flagged and {(by.version, one.clause.code) for by in one.promised_by} <= shown


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
