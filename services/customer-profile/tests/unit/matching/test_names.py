"""Names taken apart."""

from __future__ import annotations

import pytest

from customer_profile.matching.folding import folded, sound
from customer_profile.matching.names import PersonName, firm_name, person_name


@pytest.mark.parametrize(
    ("text", "brand", "places", "trades"),
    [
        ("山西煤業", "", {"山西"}, {"coal"}),
        ("山西煤礦", "", {"山西"}, {"coal"}),
        ("山西煤產品總公司", "", {"山西"}, {"coal"}),
        ("山西焦煤", "", {"山西"}, {"coal"}),
        ("杭叉集團股份有限公司", "杭叉", set(), set()),
        ("深圳市振业(集团)股份有限公司", "振业", {"深圳"}, set()),
        ("白雲機場", "白云", set(), {"aviation"}),
        ("長春機場", "", {"长春"}, {"aviation"}),
        ("*ST美丽", "美丽", set(), set()),
        ("万科A", "万科", set(), set()),
        ("平安銀行股份有限公司", "平安", set(), {"bank"}),
        ("青松貿易（上海）有限公司", "青松", {"上海"}, {"trade"}),
        ("Union Pacific Corp.", "union pacific", set(), set()),
        ("The Citrus Grill, Inc.", "citrus", set(), {"restaurant"}),
        ("Ｂone's  Café", "bones", set(), {"restaurant"}),
    ],
)
def test_a_firms_name_is_place_brand_trade_and_form(text: str, brand: str, places: set[str], trades: set[str]) -> None:
    found = firm_name(text)
    assert (found.brand, set(found.places), set(found.trades)) == (brand, places, trades)


@pytest.mark.parametrize("text", ["", "有限公司", "。", "A", "股份", "St", "機場"])
def test_a_name_of_nothing_but_a_form_is_still_a_name(text: str) -> None:
    found = firm_name(text)
    assert found.brand in found.whole or not found.brand


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("張建國", PersonName("张", "建国")),
        ("歐陽鋒", PersonName("欧阳", "锋")),
        ("張先生", PersonName("", "张")),
        ("Mr. Robert J. Allen", PersonName("allen", "robert")),
        ("Grace", PersonName("", "grace")),
        ("Żółć Müller", PersonName("muller", "zołc")),
    ],
)
def test_a_persons_name_is_family_and_given(text: str, wanted: PersonName) -> None:
    assert person_name(text) == wanted


def test_one_text_in_two_scripts_is_one_text() -> None:
    assert folded("山西煤業（集團）") == folded("山西煤业(集团)")
    assert folded("ＡＣＭＥ  Ltd.") == folded("acme ltd")
    assert sound("張建國") == sound("章建国") == "zhangjianguo"
