"""From a cell's text to a value of an event: numbers, minor units, times with a zone, mapped words.

What cannot be read so is handed on as it stands: intake then refuses it by field, at the desk of its sender.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

MOST_DIGITS = 9
KINDS = ("text", "integer", "minor", "time", "date", "upper", "lower")
SIGNS = ("as-is", "absolute", "negated")
_LARGEST = 2**63 - 1
_LONGEST = 400
"""More digits than a double has, before or behind the point, are no number of a file but a slip or a trap."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What becomes of a text.

    `words` maps it first, `otherwise` stands for words that are not mapped, `default` for an empty cell. `minor` counts
    in units of 10^-`digits`, rounded half up. `many` makes a list of it.
    """

    kind: str = "text"
    words: Mapping[str, str] = field(default_factory=dict)
    otherwise: str | None = None
    default: str | None = None
    sign: str = "as-is"
    digits: int = 2
    formats: tuple[str, ...] = ()
    many: bool = False

    def apply(self, text: str | None, zone: ZoneInfo) -> Any:
        """The value, None for an empty cell."""
        text = (text or "").strip() or self.default
        if text is None:
            return None
        if self.words:
            text = self.words.get(text, text if self.otherwise is None else self.otherwise)
        value = self._converted(text, zone)
        return [value] if self.many else value

    def _converted(self, text: str, zone: ZoneInfo) -> Any:
        if self.kind in ("integer", "minor"):
            return self._number(text)
        if self.kind in ("time", "date"):
            return self._moment(text, zone)
        return {"upper": text.upper(), "lower": text.lower()}.get(self.kind, text)

    def _number(self, text: str) -> int | str:
        number = decimal(text)
        if number is None:
            return text
        if self.kind == "minor":
            number = number.scaleb(self.digits)
        if not -_LARGEST <= number <= _LARGEST:
            return text
        whole = int(number.to_integral_value(ROUND_HALF_UP))
        if whole != number and self.kind == "integer":
            return text
        return abs(whole) if self.sign == "absolute" else -whole if self.sign == "negated" else whole

    def _moment(self, text: str, zone: ZoneInfo) -> str:
        found = next(filter(None, (_parsed(text, one) for one in self.formats or ("",))), None)
        if found is None:
            return text
        if self.kind == "date":
            return found.date().isoformat()
        return (found if found.tzinfo else found.replace(tzinfo=zone)).isoformat()


def decimal(text: str | None) -> Decimal | None:
    """The number in a text, None when there is none, or one that nobody can mean."""
    try:
        number = Decimal((text or "").strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= _LONGEST else None


def _parsed(text: str, pattern: str) -> datetime | None:
    try:
        return datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)  # noqa: DTZ007 - the zone follows
    except ValueError:
        return None
