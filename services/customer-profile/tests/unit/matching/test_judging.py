"""What evidence is worth, and what follows from it."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from typing import Any

import pytest

from customer_profile.matching.comparing import COMPARISONS, compare
from customer_profile.matching.features import Features, features
from customer_profile.matching.keys import keys
from customer_profile.matching.rules import Pair, Policy, judge, wanted
from customer_profile.matching.training import Sample, pattern, train
from customer_profile.matching.weights import DEFAULT, probability
from guanxi.events.inbound.profiles import Address

POLICY = Policy(number=1)


def firm(name: str, phone: str | None = None, **more: Any) -> Features:
    return features(kind="organisation", names=[name], points=[("phone", phone)] if phone else [], **more)


def person(name: str, **more: Any) -> Features:
    return features(kind="person", names=[name], **more)


def levels(left: Features, right: Features) -> dict[str, str]:
    return {name: one.level for name, one in compare(left, right).items()}


def test_every_level_of_every_comparison_has_odds() -> None:
    assert {name: set(one.levels) for name, one in COMPARISONS.items()} == {
        name: set(some) for name, some in DEFAULT.odds.items()
    }
    for some in DEFAULT.odds.values():
        assert sum(odds.m for odds in some.values()) <= 1.0001
        bits = [odds.bits for odds in some.values()]
        assert bits[-1] < 0, "what differs speaks against"


def test_the_sum_of_the_waterfall_is_the_weight() -> None:
    one, two = firm("杭叉集團", "+8657155501"), firm("杭叉", "+8657155501")
    judgement = judge(one, two, POLICY)
    assert sum(part.bits for part in judgement.parts) == pytest.approx(judgement.weight)
    assert judgement.parts[0].comparison == "prior"
    assert judgement.band == "auto"


def test_comparing_does_not_depend_on_who_comes_first() -> None:
    dice = random.Random(7)
    names = ["山西煤業", "山西煤礦", "杭叉集團", "Union Pacific", "Union Carbide", "青松貿易", "青松", "Citrus Grill"]
    people = ["張建國", "章建国", "Robert Allen", "Allen Robert", "Rob Allan", "Grace", "Kelly"]
    some = [firm(name, dice.choice([None, "+8613800131234"])) for name in names]
    some += [person(name, birth_date=dice.choice([None, "1990-02-03", "1990-03-02"])) for name in people]
    for left, right in itertools.combinations(some, 2):
        assert compare(left, right) == compare(right, left)


@pytest.mark.parametrize(
    ("left", "right", "wanted"),
    [
        ("Robert Allen", "Allen Robert", {"family_name": "swapped", "given_name": "swapped"}),
        ("Robert Allen", "Robbert Allen", {"family_name": "equal", "given_name": "near"}),
        ("Robert Allen", "R. Allen", {"family_name": "equal", "given_name": "sounds"}),
        ("Robert Allen", "Allen", {"family_name": "equal"}),
        ("Robert Allen", "Robert", {"given_name": "equal"}),
        ("張建國", "章建国", {"family_name": "sounds", "given_name": "equal"}),
        ("張建國", "李衛東", {"family_name": "differs", "given_name": "differs"}),
    ],
)
def test_names_of_persons(left: str, right: str, wanted: dict[str, str]) -> None:
    assert levels(person(left), person(right)) == wanted


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("1990-02-03", "1990-02-03", "equal"),
        ("1990-02-03", "1990-03-02", "near"),
        ("1990-02-03", "1990-02-13", "near"),
        ("1990-02-03", "1990-12-13", "far"),
        ("1990-02-03", "1974-11-28", "differs"),
    ],
)
def test_dates_of_birth(left: str, right: str, level: str) -> None:
    assert levels(person("a b", birth_date=left), person("c d", birth_date=right))["birth_date"] == level


def test_addresses() -> None:
    home = Address(province="山西省", city="太原市", line="迎澤大街 12 號", postcode="030001")
    same = Address(province="山西", city="太原", line="迎泽大街12号", postcode="030001")
    door = Address(city="太原", line="迎泽大街 14 号")
    found = levels(firm("甲", address=home), firm("乙", address=same))
    assert (found["street"], found["city"], found["postcode"]) == ("same", "equal", "equal")
    assert levels(firm("甲", address=home), firm("乙", address=door))["street"] in {"near", "differs"}


def test_a_neighbour_with_a_contact_of_the_same_title_is_nobody_we_know() -> None:
    one = firm("太原大成貿易公司", address=Address(city="太原", line="中山路12號"), contacts=["李小姐"])
    two = firm("太原順達貿易公司", address=Address(city="太原", line="中山路13號"), contacts=["李小姐"])
    assert levels(one, two)["street"] == "differs"
    assert "contact_person" not in levels(one, two)
    assert judge(one, two, POLICY).band == "none"


def test_a_credit_code_with_a_wrong_check_digit_is_no_evidence() -> None:
    right, wrong = "91350100M000100Y43", "91350100M000100Y44"
    assert firm("甲", credit_code=wrong).credit_code == ""
    assert levels(firm("甲乙", credit_code=right), firm("丙丁", credit_code=right))["social_credit_code"] == "equal"


def test_without_a_brand_a_name_waits_for_a_person() -> None:
    home = Address(city="太原市", line="迎澤大街 12 號")
    one, three = (
        firm("山西煤業", address=home, contacts=["張建國"]),
        firm("山西煤產品", address=home, contacts=["张建国"]),
    )
    assert (judge(one, three, POLICY).band, judge(one, three, POLICY).held_by) == ("review", ("no-brand",))
    assert judge(one, firm("山西焦煤"), POLICY).band == "none"


def test_a_contradiction_is_a_persons_business() -> None:
    one = person("張建國", points=[("phone", "+8613800131234")], birth_date="1961-02-03")
    two = person("張建國", points=[("phone", "+8613800131234")], birth_date="1990-11-28")
    assert judge(one, two, POLICY).held_by == ("contradicted:birth_date",)
    assert judge(one, two, POLICY).band == "review"


def test_a_common_number_says_little() -> None:
    one, two = firm("山西煤業", "+8635155501"), firm("山西煤礦", "+8635155501")
    assert judge(one, two, POLICY).band == "auto"
    assert judge(one, two, POLICY, {"+8635155501"}).band != "auto"


def test_an_id_number_that_many_have_is_a_placeholder() -> None:
    one, two = (person("", id_number="000000") for _ in range(2))
    assert judge(one, two, POLICY).band == "auto"
    assert judge(one, two, POLICY, {"000000"}).band == "none"


def test_what_is_kept_is_read_back() -> None:
    home = Address(city="太原市", line="迎澤大街 12 號")
    for one in (firm("杭叉集團", "+8657155501", address=home), person("張建國", birth_date="1990-02-03"), person("")):
        assert Features.of_json(one.as_json()) == one


def test_records_that_are_alike_share_a_key() -> None:
    assert keys(firm("杭叉集團")) & keys(firm("杭叉股份有限公司"))
    assert keys(firm("深圳振業集團")) & keys(firm("深振业A"))
    assert keys(person("Robert Allen", birth_date="1990-02-03")) & keys(person("Alen Robert", birth_date="1990-02-03"))


def test_groups_do_not_depend_on_the_order() -> None:
    dice = random.Random(3)
    for _ in range(200):
        pairs = [Pair(one, two, dice.randint(1, 4)) for one, two in drawn(dice, 1, 14)]
        apart = {frozenset(dice.sample(range(9), 2)) for _ in range(dice.randint(0, 3))}
        given = [both for both in (frozenset(dice.sample(range(9), 2)) for _ in range(2)) if both not in apart]
        found = groups(wanted(pairs, given=given, apart=apart), given)
        for _ in range(3):
            dice.shuffle(pairs)
            standing = set() if apart else {pair.both for pair in pairs if dice.random() < 0.5}
            assert groups(wanted(pairs, given=given, apart=apart, standing=standing), given) == found


def test_what_is_apart_is_not_joined_over_a_third() -> None:
    pairs = [Pair(1, 2, 9.0), Pair(2, 3, 8.0), Pair(1, 3, 7.0)]
    assert wanted(pairs, apart=[frozenset((1, 3))]) == {frozenset((1, 2))}
    assert wanted(pairs) == {frozenset((1, 2)), frozenset((2, 3))}


def drawn(dice: random.Random, least: int, most: int) -> list[list[int]]:
    return [dice.sample(range(9), 2) for _ in range(dice.randint(least, most))]


def groups(made: set[frozenset[int]], given: list[frozenset[int]]) -> set[frozenset[int]]:
    found = {node: {node} for both in (*made, *given) for node in both}
    for both in (*made, *given):
        left, right = both
        together = found[left] | found[right]
        found.update(dict.fromkeys(together, together))
    return {frozenset(some) for some in found.values()}


def test_training_finds_the_share_of_matches_and_what_they_agree_on() -> None:
    dice = random.Random(5)
    people = [
        person(
            f"{given} {family}",
            birth_date=f"19{dice.randint(40, 99)}-0{dice.randint(1, 9)}-1{dice.randint(0, 9)}",
            points=[("email", f"{given}.{family}@example.com")],
        )
        for given in ("anna", "berta", "clara", "dora", "emma", "frida", "gerda", "hanna", "ida", "johanna")
        for family in ("abel", "bohm", "curie", "dirac", "euler", "fermi", "gauss", "hertz")
    ]
    people += people[:40]
    every = list(itertools.combinations(range(len(people)), 2))
    together: dict[str, Counter[Any]] = {}
    candidates: Counter[Any] = Counter()
    for left, right in every:
        shared = {kind for kind, _ in keys(people[left]) & keys(people[right])}
        if shared:
            seen = pattern(compare(people[left], people[right]))
            candidates[seen] += 1
            for kind in shared:
                together.setdefault(kind, Counter())[seen] += 1
    drawn = Counter(pattern(compare(people[a], people[b])) for a, b in dice.sample(every, 3000))
    learned = train(Sample(drawn, together, candidates, len(every)))
    assert 2.0**learned.prior * len(every) == pytest.approx(40, rel=0.3)
    likely = {(a, b): probability(learned.weigh(compare(people[a], people[b]))) for a, b in every}
    twins = {(n, n + 80) for n in range(40)}
    assert min(likely[pair] for pair in twins) > 0.99
    assert max(likely[pair] for pair in likely.keys() - twins) < 0.5
