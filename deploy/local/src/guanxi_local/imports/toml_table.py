"""A TOML table that knows where it stands, so that every mistake can be named by its place."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo


class MistakeError(ValueError):
    """A mistake in a mapping."""


class TomlTable:
    """A TOML table that knows where it is and which of its keys were asked for."""

    def __init__(self, content: Mapping[str, Any], place: str) -> None:
        self.content, self.place = content, place
        self._asked: set[str] = set()

    def mistake(self, key: str, what: str) -> Any:
        """Refuse what stands under a key."""
        message = f"{self.place}.{key}: {what}"
        raise MistakeError(message)

    def get(self, key: str) -> Any:
        """What stands under a key, None when nothing does."""
        self._asked.add(key)
        return self.content.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """A text; the default when there is none."""
        found = self.get(key)
        if found is None and default is not None:
            return default
        return found if isinstance(found, str) else str(self.mistake(key, "must be a text"))

    def maybe_text(self, key: str) -> str | None:
        """A text, None when there is none."""
        return None if self.get(key) is None else self.text(key)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; one text is a list of one."""
        found = self.get(key)
        if found is None:
            return ()
        found = [found] if isinstance(found, str) else found
        if not (isinstance(found, list) and all(isinstance(one, str) for one in found)):
            self.mistake(key, "must be a text or a list of texts")
        return tuple(found)

    def whole(self, key: str, default: int, most: int) -> int:
        """A whole number from 0 to `most`."""
        found = self.get(key)
        if found is None:
            return default
        if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= most:
            self.mistake(key, f"must be a whole number from 0 to {most}")
        return int(found)

    def number(self, key: str) -> int | float:
        """A number."""
        found = self.get(key)
        if not isinstance(found, int | float) or isinstance(found, bool) or found != found:  # noqa: PLR0124 - not a number
            self.mistake(key, "must be a number, without quotation marks")
        return float(found) if isinstance(found, float) else int(found)

    def truth(self, key: str) -> bool | None:
        """True or false, None when it is not said."""
        found = self.get(key)
        if found is not None and not isinstance(found, bool):
            self.mistake(key, "must be true or false")
        return None if found is None else bool(found)

    def words(self, key: str) -> dict[str, str]:
        """A table from texts to texts; empty when there is none."""
        found = self.get(key)
        if found is None:
            return {}
        if not isinstance(found, dict) or not all(isinstance(word, str) for word in found.values()):
            self.mistake(key, "must be a table of texts")
        return dict(found)

    def encoding(self, key: str, default: str) -> str:
        """The name of an encoding of texts."""
        name = self.text(key, default)
        try:
            "a".encode(name).decode(name)
        except (LookupError, ValueError):
            self.mistake(key, f"{name} is no encoding that is known")
        return name

    def delimiter(self, key: str, default: str) -> str:
        """The one character that stands between fields."""
        found = self.text(key, default)
        try:
            csv.reader((), delimiter=found)
        except (TypeError, ValueError):
            self.mistake(key, "must be one character, such as ; or \\t")
        if found in '"\r\n':
            self.mistake(key, "must be neither a quotation mark nor the end of a line")
        return found

    def zone(self, key: str) -> ZoneInfo:
        """A time zone by its name."""
        name = self.text(key, "UTC")
        try:
            return ZoneInfo(name)
        except (ValueError, KeyError, OSError):
            self.mistake(key, f"{name} is no time zone of the IANA database")
            raise

    def table(self, key: str) -> TomlTable:
        """A table."""
        found = self.get(key)
        if not isinstance(found, dict):
            self.mistake(key, "must be a table")
        return TomlTable(found, f"{self.place}.{key}")

    def tables(self, key: str) -> list[TomlTable]:
        """A list of tables."""
        found = self.get(key) or []
        if not (isinstance(found, list) and all(isinstance(one, dict) for one in found)):
            self.mistake(key, "must be a list of tables")
        return [TomlTable(one, f"{self.place}.{key}[{n}]") for n, one in enumerate(found)]

    def done(self) -> None:
        """Refuse keys that nobody asked for."""
        unknown = sorted(set(self.content) - self._asked)
        if unknown:
            self.mistake(unknown[0], "is not known here")
