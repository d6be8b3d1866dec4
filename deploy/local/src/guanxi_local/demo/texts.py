"""Texts of the firm in its three languages."""

from __future__ import annotations


def three(simplified: str, traditional: str, english: str) -> dict[str, str]:
    """The same words by language tag (BCP 47)."""
    return {"zh-Hans": simplified, "zh-Hant": traditional, "en": english}
