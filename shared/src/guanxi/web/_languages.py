"""Which of the pages' languages a browser asks for."""

from __future__ import annotations

from typing import Literal

Language = Literal["zh-Hans", "zh-Hant", "en"]
LANGUAGES: tuple[Language, ...] = ("zh-Hans", "zh-Hant", "en")
_TRADITIONAL = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")


def chosen(accepted: str) -> Language:
    """The language of an Accept-Language header (RFC 9110): by its weights, and English where none of them is ours."""
    weighed: list[tuple[float, int, Language]] = []
    for place, part in enumerate(accepted.split(",")):
        tag, _, parameter = part.strip().partition(";")
        language = _ours(tag.strip().lower())
        if language:
            weighed.append((-_weight(parameter), place, language))
    return min(weighed)[2] if weighed and min(weighed)[0] < 0 else "en"


def _ours(tag: str) -> Language | None:
    if tag.startswith(_TRADITIONAL):
        return "zh-Hant"
    if tag.split("-", maxsplit=1)[0] == "zh":
        return "zh-Hans"
    return "en" if tag.split("-", maxsplit=1)[0] == "en" else None


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return min(max(float(value), 0.0), 1.0) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
