"""What `guanxi demo` has printed, and where in it a figure stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

from guanxi_local.demo import customers


@dataclass(frozen=True)
class Told:
    """What `guanxi demo` has printed."""

    text: str

    def found(self, pattern: str) -> re.Match[str]:
        """Where it says so."""
        match = re.search(pattern, self.text)
        assert match, f"{pattern} is not in\n{self.text}"
        return match

    def customer(self, key: str) -> str:
        """The id it gives for a customer."""
        return self.found(rf"{customers.NAMES[key]} ([0-9a-f-]{{36}})")[1]
