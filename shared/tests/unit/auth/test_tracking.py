"""The tracking token."""

from __future__ import annotations

import string
from uuid import UUID, uuid4

import pytest

from guanxi.auth import tracking

KEY = b"a key of at least thirty-two bytes"
COMPLAINT = UUID("01961f2e-0000-7000-8000-000000000001")


def test_a_token_reads_back_as_its_complaint() -> None:
    assert tracking.read(KEY, tracking.token(KEY, COMPLAINT)) == COMPLAINT


def test_a_token_is_safe_in_a_path_and_always_the_same() -> None:
    token = tracking.token(KEY, COMPLAINT)
    assert set(token) <= set(string.ascii_letters + string.digits + "-_")
    assert len(token) == 43
    assert token == tracking.token(KEY, COMPLAINT)


def test_a_token_of_another_key_reads_as_nothing() -> None:
    assert tracking.read(b"another key", tracking.token(KEY, COMPLAINT)) is None


def test_each_changed_character_spoils_a_token() -> None:
    token = tracking.token(KEY, COMPLAINT)
    for place in range(len(token)):
        for other in "AZ9-":
            if token[place] != other:
                assert tracking.read(KEY, token[:place] + other + token[place + 1 :]) is None


@pytest.mark.parametrize("given", ["", "=", "a", "A" * 43, "A" * 44, "é" * 43, "../../etc", "A" * 10_000, "\x00"])
def test_what_is_no_token_reads_as_nothing(given: str) -> None:
    assert tracking.read(KEY, given) is None


def test_a_token_with_padding_or_another_alphabet_is_refused() -> None:
    token = next(t for t in (tracking.token(KEY, uuid4()) for _ in range(1000)) if "-" in t)
    assert tracking.read(KEY, token + "=") is None
    assert tracking.read(KEY, token.replace("-", "+")) is None
