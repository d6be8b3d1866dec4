"""How texts are made comparable: width, case, traditional and simplified characters, accents, sounds."""

from __future__ import annotations

import os
import re
import unicodedata
from functools import cache, lru_cache

from opencc import OpenCC

# Names are read character by character: the phrases of prose are 50 MB that would only make one name read two ways.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
from pypinyin import Style, lazy_pinyin

_SIMPLIFIED = OpenCC("t2s")
_NO_WORD = re.compile(r"[\W_]+")
_APOSTROPHES = re.compile(r"\s*[\\'’`´]+\s*")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_REMEMBERED = 4096


@lru_cache(_REMEMBERED)
def folded(text: str) -> str:
    """Words in small letters with one space between them: no width, accents or marks; simplified where Chinese.

    `Ｓhanxi  Café` becomes `shanxi cafe`, `山西煤業（集團）` becomes `山西煤业 集团`, `Bone's` becomes `bones`.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    if has_han(plain):
        plain = _SIMPLIFIED.convert(plain)
    plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return _NO_WORD.sub(" ", _APOSTROPHES.sub("", plain)).strip()


def has_han(text: str) -> bool:
    """Whether there is a Chinese character in it."""
    return _HAN.search(text) is not None


@lru_cache(_REMEMBERED)
def sound(text: str) -> str:
    """How a Chinese text is read, without tones; every other text as it is."""
    return "".join(map(_sound, text)) if has_han(text) else text.replace(" ", "")


@cache
def _sound(character: str) -> str:
    return "".join(lazy_pinyin(character, style=Style.NORMAL))
