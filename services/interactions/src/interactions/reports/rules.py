"""A report that has been let in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from typing_extensions import TypeVar

from guanxi.events import Event, Fact

F_co = TypeVar("F_co", bound=Fact, covariant=True, default=Fact)


@dataclass(frozen=True, slots=True)
class Admitted(Generic[F_co]):
    """The newest revision of a report; `voided_at` is set when it has been taken back already."""

    event: Event[F_co]
    voided_at: datetime | None
