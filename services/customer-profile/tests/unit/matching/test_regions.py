"""The province of an address, whatever it is called there."""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib.resources import files

import pytest

from customer_profile.matching.names import firm_name
from customer_profile.matching.regions import region_of


@pytest.mark.parametrize(
    ("province", "city", "code"),
    [
        ("山西省", "太原市", "CN-14"),
        ("山西", None, "CN-14"),
        ("陝西", None, "CN-61"),
        ("Shanxi", None, "CN-14"),
        ("Shaanxi", "Xi'an", "CN-61"),
        (None, "太原市", "CN-14"),
        ("", "廣州", "CN-44"),
        ("廣東省", "太原市", "CN-44"),
        ("广西壮族自治区", None, "CN-45"),
        ("新疆维吾尔自治区", "伊犁", "CN-65"),
        ("内蒙古自治区", None, "CN-15"),
        (None, "延边朝鲜族自治州", "CN-22"),
        (None, "海南藏族自治州", "CN-63"),
        ("海南省", None, "CN-46"),
        (None, "吉林市", "CN-22"),
        (None, "上海市", "CN-31"),
        ("上海市", "朝阳区", "CN-31"),
        (None, "朝阳区", None),
        (None, "朝阳市", "CN-21"),
        ("香港特别行政区", None, "CN-91"),
        ("Inner Mongolia", None, "CN-15"),
        ("Ontario", "Toronto", None),
        (None, None, None),
        ("省", "市", None),
    ],
)
def test_a_province_is_known_by_its_own_name_or_its_citys(
    province: str | None, city: str | None, code: str | None
) -> None:
    assert region_of(None, province, city) == region_of("CN", province, city) == code


def test_an_address_abroad_lies_in_its_country_whatever_its_places_are_called() -> None:
    assert region_of("CA", "湖南", "太原") == "CA"
    assert region_of("US", None, None) == "US"


@pytest.mark.parametrize(
    ("country", "name", "code"), [("HK", "香港", "CN-91"), ("MO", "Macao", "CN-92"), ("TW", "臺灣", "CN-71")]
)
def test_a_region_with_a_code_of_its_own_is_written_in_one_way(country: str, name: str, code: str) -> None:
    asked = [(country, None, None), (country, name, None), ("CN", name, None), (None, name, None), (None, None, name)]
    assert {region_of(*one) for one in asked} == {code}


def test_every_word_stands_once_and_is_a_place_in_names_too() -> None:
    text = files("customer_profile.matching").joinpath("words", "provinces.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    assert len(table) == 34
    cities = Counter(city for one in table.values() for city in one.get("cities", "").split())
    assert [city for city, n in cities.items() if n > 1] == []
    unknown = {city for city in cities if city not in firm_name(f"{city}杭叉公司").places}
    assert unknown == {"海南藏族"}
