"""Where an address lies: in which province of China, by the place words that names are taken apart with, or abroad."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from customer_profile.matching.folding import folded

CHINA = "CN"
_APART = {"HK": "91", "MO": "92", "TW": "71"}
"""Regions that ISO 3166-1 has codes for too, by their GB/T 2260 numbers: so each is written in one way."""
_KIND = re.compile("(?:特别行政区|自治区|自治州|地区|省|市|盟)$")
_PART_OF_A_CITY = re.compile("(?:区|县|旗|镇|乡)$")
"""A district has often the name of a city elsewhere: 朝阳区 lies in Beijing, 朝阳 in Liaoning."""
_A_REGION = re.compile("(?:自治区|特别行政区|地区)$")
_REMEMBERED = 4096


@lru_cache(_REMEMBERED)
def region_of(country: str | None, province: str | None, city: str | None) -> str | None:
    """The code of the province as events write it (`CN-14`), by its own name, else by its city's; None when unknown.

    `country` is ISO 3166-1; without one the address is read as one in China, and one abroad is in its country (`US`).
    """
    if country in _APART:
        return f"{CHINA}-{_APART[country]}"
    if country and country != CHINA:
        return country
    words = _words()
    found = _named(province, words.provinces) or _named(city, words.cities) or _named(city, words.provinces)
    return f"{CHINA}-{found}" if found else None


@dataclass(frozen=True, slots=True)
class _Words:
    provinces: Mapping[str, str]
    cities: Mapping[str, str]


def _named(text: str | None, known: Mapping[str, str]) -> str | None:
    plain = folded(text or "")
    if _PART_OF_A_CITY.search(plain) and not _A_REGION.search(plain):
        return None
    if plain in known:
        return known[plain]
    plain = _KIND.sub("", plain)
    if not plain:
        return None
    # What a region is named for follows its name: 广西壮族自治区, 延边朝鲜族自治州.
    return known.get(plain) or next((code for name, code in known.items() if _begins(plain, name)), None)


def _begins(plain: str, name: str) -> bool:
    return plain.startswith(name) and plain.endswith("族") and not name.isascii()


@cache
def _words() -> _Words:
    text = files("customer_profile.matching").joinpath("words", "provinces.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return _Words(
        provinces={name: code for code, one in table.items() for name in one["names"]},
        cities={name: code for code, one in table.items() for name in one.get("cities", "").split()},
    )
