"""What the page of a message says."""

from __future__ import annotations

from guanxi.web import LANGUAGES
from notifications.permissions.rules import PURPOSES
from notifications.why.page import LOOKS


def test_every_language_says_everything() -> None:
    texts = LOOKS.texts
    assert set(texts) == set(LANGUAGES)
    said = [
        {name: set(words) if isinstance(words, dict) else None for name, words in texts[one].items()} for one in texts
    ]
    assert said[0] == said[1] == said[2]
    assert set(PURPOSES) == said[0]["purpose"]
