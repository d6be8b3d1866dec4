"""The scopes that tokens carry, and who has all of them."""

from __future__ import annotations

WORDS = ("customers", "interactions", "complaints", "scores", "notifications")
ALL_SCOPES = (
    *(f"{word}:{right}" for word in WORDS for right in ("read", "write")),
    "reports:publish",
    "pii:read",
    "ops:read",
    "ops:write",
    "admin",
)
HEAD_OFFICE = "head-office"
