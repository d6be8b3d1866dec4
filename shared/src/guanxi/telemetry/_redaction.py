"""What never reaches a log line: tokens, tracking links, personal data, characters that forge lines."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

REDACTED = "[redacted]"
_LONGEST = 16_384
_DEEPEST = 6
_WIDEST = 2**63

_SECRET_KEY = re.compile(
    r"authorization|cookie|password|passwd|secret|token|api_?key|private_?key|jwt|"
    r"phone|mobile|e_?mail|id_?number|birth|address|credit_?code|free_?text",
    re.IGNORECASE,
)
_HARMLESS_KEYS = frozenset({"token_kind", "remote_address"})
_SECRETS = (
    (re.compile(r"(?i)\bbearer\s+[^\s\"',;]+"), f"Bearer {REDACTED}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]*\.[\w-]*"), REDACTED),
    (re.compile(r"/(track|card|why|unsubscribe|responses)/[^/\s?\"'{][^/\s?\"']*"), rf"/\1/{REDACTED}"),
    (re.compile(r"(?i)\b(token|access_token|key|signature)=[^&\s\"']+"), rf"\1={REDACTED}"),
    (re.compile(r"(://[^:/@\s]+):[^@/\s]+@"), rf"\1:{REDACTED}@"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), REDACTED),
    # PostgreSQL puts the values of the row into DETAIL ("Key (phone)=(138...) already exists").
    (re.compile(r"DETAIL:.*"), f"DETAIL: {REDACTED}"),
    (re.compile(r"(?<![\w.-])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![\w-])"), REDACTED),
    (re.compile(r"(?<![\w-])\d{17}[\dXx](?![\w-])"), REDACTED),
)
# One look before the many: most lines hold nothing of the kind.
_SUSPECT = re.compile(
    r"[@=]|://|eyJ|DETAIL|/(?:track|card|why|unsubscribe|responses)/|[Bb][Ee][Aa][Rr][Ee][Rr]|\d[\d -]{10}"
)
# JSON escapes C0; C1 (0x9b opens a terminal sequence), line separators, direction marks and lone surrogates remain.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def redact(value: Any, *, depth: int = 0) -> Any:
    """The value as it may be logged."""
    if type(value) is str:
        return redact_text(value)
    if isinstance(value, dict | list | tuple | set | frozenset):
        return _redact_inside(value, depth) if depth < _DEEPEST else "[too deep]"
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < _WIDEST):
        return value
    return redact_text(str(value))


def _redact_inside(value: Any, depth: int) -> Any:
    if isinstance(value, dict):
        return {safe_key(str(key)): redact_item(str(key), item, depth=depth + 1) for key, item in value.items()}
    return [redact(item, depth=depth + 1) for item in value]


def redact_item(key: str, value: Any, *, depth: int = 0) -> Any:
    """The value under `key` as it may be logged: nothing at all of what the key says is secret or personal."""
    if value is not None and _secret(key):
        return REDACTED
    return redact(value, depth=depth)


def redact_text(text: str) -> str:
    """The text without secrets, personal data and dangerous characters, at most 16 KiB long."""
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "[cut]"
    if _SUSPECT.search(text):
        for pattern, replacement in _SECRETS:
            text = pattern.sub(replacement, text)
    if text.isprintable():
        return text
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


@lru_cache(maxsize=4096)
def _secret(key: str) -> bool:
    return key not in _HARMLESS_KEYS and _SECRET_KEY.search(key) is not None


@lru_cache(maxsize=4096)
def safe_key(key: str) -> str:
    """The name of a field as it may be logged."""
    return redact_text(key)
