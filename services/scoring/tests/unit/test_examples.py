"""What the reference shows of an answer is an answer that there could be."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from scoring.facts.schemas import FactRead
from scoring.goodwill.schemas import GoodwillReturn
from scoring.radar.schemas import AtRiskRead, RadarRead, RadarSummary, TiesRead
from scoring.scores.schemas import ExplanationRead, ParetoRead, RankedRead, ScoreRead, ScoresRead
from scoring.segments.schemas import MemberRead, MoveRead, SegmentSummary, TierRead

MODELS = (
    *(FactRead, ScoreRead, ScoresRead, ExplanationRead, RankedRead, ParetoRead),
    *(TierRead, SegmentSummary, MemberRead, MoveRead),
    *(RadarRead, RadarSummary, AtRiskRead, TiesRead, GoodwillReturn),
)


@pytest.mark.parametrize("model", MODELS)
def test_an_example_reads_as_what_it_is_an_example_of(model: type[BaseModel]) -> None:
    [example] = model.model_json_schema(mode="serialization")["examples"]
    read = model.model_validate(example, by_alias=True, by_name=True)
    assert read.model_dump(mode="json", exclude_unset=True).keys() == example.keys()


def test_the_points_of_the_reasons_add_up_in_the_examples_too() -> None:
    [score] = ScoreRead.model_json_schema()["examples"]
    assert score["value"] == sum(reason["points"] for reason in score["reasons"])
