"""Which language a browser gets."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from notifications.permissions.rules import PURPOSES
from notifications.why.languages import LANGUAGES, chosen


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


def test_every_language_says_everything() -> None:
    texts = tomllib.loads(files("notifications.why.pages").joinpath("texts.toml").read_text(encoding="utf-8"))
    assert set(texts) == set(LANGUAGES)
    said = [
        {name: set(words) if isinstance(words, dict) else None for name, words in texts[one].items()} for one in texts
    ]
    assert said[0] == said[1] == said[2]
    assert set(PURPOSES) == said[0]["purpose"]
