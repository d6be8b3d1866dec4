"""What the page of a complaint says."""

from __future__ import annotations

from complaints.tickets.rules import Status
from complaints.tracking.page import LOOKS
from complaints.tracking.schemas import TrackStep
from guanxi.web import LANGUAGES


def test_every_language_says_everything() -> None:
    texts = LOOKS.texts
    assert set(texts) == set(LANGUAGES)
    words = [set(texts[one]) for one in LANGUAGES]
    assert words[0] == words[1] == words[2]
    steps = set(TrackStep.model_fields["step"].annotation.__args__)  # type: ignore[union-attr]
    for one in LANGUAGES:
        assert set(texts[one]["status"]) == {status.value for status in Status}
        assert set(texts[one]["step"]) == steps
