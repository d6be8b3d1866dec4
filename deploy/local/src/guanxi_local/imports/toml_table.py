"""A TOML table that knows where it stands, so that every mistake can be named by its place."""

from __future__ import annotations

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

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; one text is a list of one."""
        found = self.get(key)
        if found is None:
            return ()
        found = [found] if isinstance(found, str) else found
        if not (isinstance(found, list) and all(isinstance(one, str) for one in found)):
            self.mistake(key, "must be a text or a list of texts")
        return tuple(found)

    def whole(self, key: str, default: int) -> int:
        """A whole number."""
        found = self.get(key)
        if found is None:
            return default
        return (
            found
            if isinstance(found, int) and not isinstance(found, bool)
            else int(self.mistake(key, "must be a number"))
        )

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
