"""What all inbound reports share: how they are named, corrected and judged."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import Field, Strict

from guanxi.events._envelope import Fact
from guanxi.events.fields import TELLING, PersonalReference, PersonalShortText
from guanxi.problems import FieldError

Twin = Literal["original", "corrected", "voided"]

_TWINS: dict[str, Twin] = {"": "original", "Corrected": "corrected", "Voided": "voided"}
_NAME = re.compile(r"guanxi\.\w+\.(?P<family>\w+?)Reported(?P<twin>|Corrected|Voided)\.v\d+")

Revision = Annotated[int, Strict(), Field(ge=1, le=10**9, examples=[2]), TELLING]


class Inbound(Fact):
    """What a dealer or branch reports. `check_inbound` is the only door: it is strict, reading stays lenient."""

    REPEATABLE: ClassVar[bool] = False
    """True where a later original simply replaces an earlier one under the same reference, no correction needed."""

    revision: Revision | None = None
    """Of what is reported under one reference, the highest revision wins; without it, the latest time."""

    @classmethod
    def family(cls) -> str:
        """The kind of report that corrections stay within: `contact`, `order`, ..."""
        return _parts(cls.TYPE)["family"].lower()

    @classmethod
    def twin(cls) -> Twin:
        """Whether this type reports, corrects or voids."""
        return _TWINS[_parts(cls.TYPE)["twin"]]

    @property
    def reference(self) -> str | None:
        """The sender's name for what is reported; without one it cannot be corrected."""
        value: str | None = getattr(self, "external_ref", None)
        return value

    def faults(self) -> Iterable[FieldError]:
        """What is wrong between fields that are each right."""
        return ()


class InboundVoided(Inbound):
    """Takes back what was reported under the reference, for ever."""

    external_ref: PersonalReference
    external_customer: PersonalReference | None = None
    reason: PersonalShortText | None = None


def _parts(type_name: str) -> re.Match[str]:
    match = _NAME.fullmatch(type_name)
    if match is None:
        message = f"{type_name!r} is not the type of a report"
        raise ValueError(message)
    return match
