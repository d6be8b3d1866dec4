"""Names taken apart: of a firm the place, the trade and the legal form stripped at both ends, and the brand kept."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from customer_profile.matching.folding import folded, has_han

_OF_PLACE = "(?:特别行政区|自治区|自治州|开发区|高新区|新区|省|市|县|区|盟|州)?"
_DOUBLE_FAMILIES = re.compile(
    "(?:欧阳|上官|司马|诸葛|司徒|东方|独孤|南宫|夏侯|尉迟|皇甫|公孙|慕容|令狐|长孙|宇文|轩辕|端木)(?=.)"
)
_LONGEST_CHINESE_NAME = 4
_TITLES = re.compile(r"(?:\b(?:mr|mrs|ms|miss|dr|prof|sir|jr|sr)\b|先生|女士|小姐|经理)")


class FirmName(NamedTuple):
    """A firm's name: all of it but its legal form, its brand (empty where nothing is left), and what was around it."""

    whole: str
    brand: str
    places: frozenset[str]
    trades: frozenset[str]


class PersonName(NamedTuple):
    """A person's name; of a single word only `given` is known."""

    family: str
    given: str


@lru_cache(4096)
def firm_name(text: str) -> FirmName:
    """A firm's name taken apart.

    `山西煤業有限公司` is place 山西, trade coal and no brand; `杭叉集團` is brand 杭叉; `The Citrus Grill Inc` is brand
    `citrus`, trade restaurant.
    """
    plain = folded(text)
    return _chinese(plain) if has_han(plain) else _latin(plain)


def person_name(text: str) -> PersonName:
    """A person's name taken apart: 張建國 into 张 and 建国, `Robert J. Allen` into `allen` and `robert`."""
    words = _TITLES.sub("", folded(text)).split()
    plain = "".join(words)
    if has_han(plain) and len(plain) <= _LONGEST_CHINESE_NAME:
        double = _DOUBLE_FAMILIES.match(plain)
        cut = double.end() if double else 1
        return PersonName(plain[:cut], plain[cut:]) if len(plain) > cut else PersonName("", plain)
    if len(words) < 2:  # noqa: PLR2004 - a family name and a given one
        return PersonName("", "".join(words))
    return PersonName(words[-1], words[0])


def _chinese(plain: str) -> FirmName:
    words, rest = _words(), plain.replace(" ", "")
    places, trades = set[str](), set[str]()
    rest = _without_legal(rest)
    whole, before = rest, None
    while rest != before:
        before = rest = _without_legal(rest)
        if found := words.place_first.match(rest):
            places.add(found[1])
            rest = rest[found.end() :]
        if (found := words.trade_last.search(rest)) and found.start() != 1:
            trades.add(words.family[found[1]])
            rest = rest[: found.start()]
        elif found := words.place_last.search(rest):
            places.add(found[1])
            rest = rest[: found.start()]
    if found := words.trade_first.match(rest):
        trades.add(words.family[found[1]])
        rest = rest[found.end() :]
    return FirmName(whole, rest, frozenset(places), frozenset(trades - words.general))


def _without_legal(text: str) -> str:
    words = _words()
    while (cut := words.legal_first.sub("", words.legal_last.sub("", text))) not in {text, ""}:
        text = cut
    return text


def _latin(plain: str) -> FirmName:
    words = _words()
    tokens = [token for token in plain.split() if token not in words.legal] or plain.split()
    whole, trades = " ".join(tokens), set[str]()
    while tokens and tokens[-1] in words.family:
        trades.add(words.family[tokens.pop()])
    while len(tokens) > 1 and tokens[0] in words.family:
        trades.add(words.family[tokens.pop(0)])
    return FirmName(whole, " ".join(tokens), frozenset(), frozenset(trades - words.general))


@dataclass(frozen=True, slots=True)
class _Words:
    legal: frozenset[str]
    family: dict[str, str]
    general: frozenset[str]
    legal_first: re.Pattern[str]
    legal_last: re.Pattern[str]
    place_first: re.Pattern[str]
    place_last: re.Pattern[str]
    trade_first: re.Pattern[str]
    trade_last: re.Pattern[str]


@cache
def _words() -> _Words:
    legal, places = frozenset(_listed("legal.txt")), _listed("places.txt")
    table = tomllib.loads(_text("trades.toml"))
    family = {word: name for name, some in table["family"].items() for word in some.split()}
    han = [word for word in family if has_han(word)]
    forms = [word for word in legal if has_han(word)]
    marks = "(?:[*]?(?:sst|st|pt|xd|xr|dr))"
    return _Words(
        legal=legal,
        family=family,
        general=frozenset(table["general"]),
        legal_first=re.compile(f"^{marks}(?=.)"),
        legal_last=re.compile(f"(?:{_any(forms)}|[abh]股?)$"),
        place_first=re.compile(f"^({_any(places)}){_OF_PLACE}"),
        place_last=re.compile(f"(?<=..)({_any(places)}){_OF_PLACE}$"),
        trade_first=re.compile(f"^({_any(word for word in han if len(word) > 1)})(?=..)"),
        trade_last=re.compile(f"({_any(han)})$"),
    )


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word)))


def _listed(name: str) -> list[str]:
    lines = (line for line in _text(name).splitlines() if not line.startswith("#"))
    return [word for line in lines for word in line.split()]


def _text(name: str) -> str:
    return files("customer_profile.matching").joinpath("words", name).read_text(encoding="utf-8")
