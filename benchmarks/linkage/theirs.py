"""The same sets by splink, set up as its documentation advises: comparisons from its library, blocking rules, EM."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from benchmarks.linkage.score import Scored
from benchmarks.linkage.sets import Labelled
from customer_profile.matching.names import firm_name

logging.getLogger("splink").setLevel(logging.CRITICAL)
logging.getLogger("splink").propagate = False


@dataclass(frozen=True, slots=True)
class _Setup:
    frame: pd.DataFrame
    comparisons: list[Any]
    blocking: list[Any]
    training: list[Any]
    sure: list[Any] | None = None
    share: float | None = None


def scored(given: Labelled) -> Scored:
    """The set by splink, from reading the rows to the last weight."""
    started = time.perf_counter()
    setup = _SETUPS[given.name.rstrip("123") if given.name.startswith("febrl") else given.name](given)
    settings = SettingsCreator(
        link_type="dedupe_only", comparisons=setup.comparisons, blocking_rules_to_generate_predictions=setup.blocking
    )
    if setup.share:
        settings.probability_two_random_records_match = setup.share
    api = DuckDBAPI()
    linker = Linker(api.register(setup.frame), settings)
    if setup.sure:
        linker.training.estimate_probability_two_random_records_match(setup.sure, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for rule in setup.training:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    found = linker.inference.predict(threshold_match_weight=-30).as_pandas_dataframe()
    rows = zip(found.unique_id_l, found.unique_id_r, found.match_weight, strict=True)
    weights = {(min(int(a), int(b)), max(int(a), int(b))): float(weight) for a, b, weight in rows}
    if given.judged is not None:
        weights = {pair: weight for pair, weight in weights.items() if pair in given.judged}
    return Scored("splink", weights, time.perf_counter() - started)


def _frame(given: Labelled, **more: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(given.rows).replace("", None)
    frame["unique_id"] = range(len(frame))
    return frame.assign(**more)


def _febrl(given: Labelled) -> _Setup:
    return _Setup(
        _frame(given),
        [
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.LevenshteinAtThresholds("date_of_birth", [1, 2]),
            cl.LevenshteinAtThresholds("soc_sec_id", [1]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("postcode", [1]),
            cl.JaroWinklerAtThresholds("address_1", [0.9]),
            cl.JaroWinklerAtThresholds("suburb", [0.9]),
        ],
        [
            block_on("soc_sec_id"),
            block_on("given_name", "surname"),
            block_on("date_of_birth"),
            block_on("surname", "postcode"),
            block_on("given_name", "postcode"),
            block_on("street_number", "address_1"),
        ],
        [block_on("date_of_birth"), block_on("given_name", "surname")],
        sure=[block_on("soc_sec_id")],
    )


def _fake(given: Labelled) -> _Setup:
    return _Setup(
        _frame(given),
        [
            cl.NameComparison("first_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
        [
            block_on("surname"),
            block_on("first_name"),
            block_on("dob"),
            block_on("email"),
            block_on("substr(surname,1,3)", "city"),
        ],
        [block_on("first_name", "surname"), block_on("dob"), block_on("email")],
        sure=[block_on("first_name", "dob"), block_on("email"), block_on("surname", "dob")],
    )


def _restaurants(given: Labelled) -> _Setup:
    digits = ["".join(filter(str.isdigit, row["phone"])) for row in given.rows]
    number = [next(iter(row["addr"].split()), "") for row in given.rows]
    return _Setup(
        _frame(given, digits=digits, number=number),
        [
            cl.JaroWinklerAtThresholds("name", [0.95, 0.88, 0.8]),
            cl.JaroWinklerAtThresholds("addr", [0.95, 0.88]),
            cl.LevenshteinAtThresholds("digits", [1]),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
        ],
        # Every labelled pair is to be judged: whoever shares the first letter, the city, the house or the number.
        [block_on("substr(name,1,1)"), block_on("city"), block_on("digits"), block_on("number"), "1=1"],
        [block_on("digits"), block_on("number")],
        sure=[block_on("digits")],
    )


def _companies(given: Labelled) -> _Setup:
    # Splink has no comparison for Chinese names: it is given the brand that Guanxi takes out of them.
    brand = [firm_name(row["name"]).brand for row in given.rows]
    return _Setup(
        _frame(given, brand=brand).replace("", None),
        [
            cl.JaroWinklerAtThresholds("name", [0.92, 0.88, 0.8, 0.7]),
            cl.JaroWinklerAtThresholds("brand", [0.9, 0.8]).configure(term_frequency_adjustments=True),
        ],
        [block_on("substr(name,1,2)"), block_on("substr(brand,1,2)"), block_on("brand")],
        [block_on("substr(name,1,2)"), block_on("brand")],
        share=1 / len(given.rows),
    )


_SETUPS: dict[str, Callable[[Labelled], _Setup]] = {
    "febrl": _febrl,
    "fake1000": _fake,
    "restaurants": _restaurants,
    "zh_company_names": _companies,
}
