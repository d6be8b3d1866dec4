"""Which language a browser gets."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from complaints.tickets.rules import Status
from complaints.tracking.languages import LANGUAGES, chosen
from complaints.tracking.schemas import TrackStep


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
    texts = tomllib.loads(files("complaints.tracking.pages").joinpath("texts.toml").read_text(encoding="utf-8"))
    assert set(texts) == set(LANGUAGES)
    words = [set(texts[one]) for one in LANGUAGES]
    assert words[0] == words[1] == words[2]
    steps = set(TrackStep.model_fields["step"].annotation.__args__)  # type: ignore[union-attr]
    for one in LANGUAGES:
        assert set(texts[one]["status"]) == {status.value for status in Status}
        assert set(texts[one]["step"]) == steps
