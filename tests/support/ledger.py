"""What the platform has promised and refused, written down and synced before anything else happens."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["customer", "interaction", "complaint", "permission"]
Fate = Literal["acknowledged", "refused", "uncertain"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and how it ended; its mark stands in the record that it makes, if it makes one."""

    fate: Fate
    kind: Kind
    mark: str
    status: int
    location: str | None = None


@dataclass
class Ledger:
    """One line for each request that has ended, on disk before the client goes on."""

    path: Path
    entries: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the file, for adding only."""
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, entry: Entry) -> None:
        """Add an entry and sync it."""
        os.write(self._file, json.dumps(asdict(entry)).encode() + b"\n")
        os.fsync(self._file)
        self.entries.append(entry)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def of(self, fate: Fate, kind: Kind | None = None) -> list[Entry]:
        """The entries that ended so."""
        return [entry for entry in self.entries if entry.fate == fate and kind in (None, entry.kind)]
