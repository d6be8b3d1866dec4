"""Guides and cards as tests make them."""

from __future__ import annotations

from typing import Any

import httpx

GUIDE: dict[str, Any] = {
    "code": "kqi-2026",
    "kind": "interview",
    "title": {"en": "Interview of key customers"},
    "scale": {"lowest": 1, "highest": 5},
    "questions": [
        {"item": "speed", "text": {"en": "On time?"}, "indicator": "delivery-on-time", "facet": "service"},
        {"item": "price", "text": {"en": "Fair?"}, "indicator": "fair-price", "facet": "price"},
        {"item": "plans", "text": {"en": "What do you plan?"}, "asks": "words"},
    ],
}


def in_three(words: str) -> dict[str, str]:
    return {"zh-Hans": f"{words}（简）", "zh-Hant": f"{words}（繁）", "en": words}


def card(code: str = "after-delivery", **values: Any) -> dict[str, Any]:
    facets = ("price", "quality", "brand", "service", "promise")
    questions: list[dict[str, Any]] = [
        {"item": facet, "text": in_three(f"Our {facet}?"), "facet": facet, "asks_expected": facet == "service"}
        for facet in facets
    ]
    scale = {"lowest": 1, "highest": 5}
    return {
        "code": code,
        "kind": "card",
        "title": in_three("How was it?"),
        "scale": scale,
        "questions": questions,
        **values,
    }


async def made(staff: httpx.AsyncClient, questionnaire: dict[str, Any]) -> dict[str, Any]:
    answer = await staff.post("/v1/questionnaires", json=questionnaire)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found
