"""Which language a browser gets."""

from __future__ import annotations

import pytest

from guanxi.web import chosen


@pytest.mark.parametrize(
    ("accepted", "wanted"),
    [
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh-Hant"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("zh-Hant-HK", "zh-Hant"),
        ("zh", "zh-Hans"),
        ("de-DE,de;q=0.9,en;q=0.5,zh-HK;q=0.7", "zh-Hant"),
        ("en-GB", "en"),
        ("fr,de", "en"),
        ("", "en"),
        ("*", "en"),
        ("zh;q=0", "en"),
        ("zh;q=nonsense, en", "en"),
        (";;;,,,=", "en"),
    ],
)
def test_the_best_language_that_we_have_is_taken(accepted: str, wanted: str) -> None:
    assert chosen(accepted) == wanted
