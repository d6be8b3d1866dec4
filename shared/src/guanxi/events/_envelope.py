"""The envelope of an event (CloudEvents 1.0) and the base of every fact.

Five services agree on nothing but these bytes, so the envelope is written once and each fact is one frozen model.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, Literal
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SerializeAsAny, ValidationError
from typing_extensions import TypeVar

HISTORIC_AFTER = timedelta(hours=48)
"""A fact learned later than this after it happened changes state, but sends nothing to anybody."""

OWNERS = {
    "inbound": "customer-profile",
    "reports": "customer-profile",
    "directory": "customer-profile",
    "organisation": "customer-profile",
    "customers": "customer-profile",
    "interactions": "interactions",
    "complaints": "complaints",
    "scores": "scoring",
    "notifications": "notifications",
}
"""Topic word -> folder of the service that publishes it."""

STATE_WORDS = frozenset({"directory", "organisation"})
"""Topics that carry whole state: compacted, the newest of each aggregate is kept for ever."""

_REGISTRY: dict[str, type[Fact]] = {}


@dataclass(frozen=True, slots=True)
class Personal:
    """Marks personal data; `kind` says which masking fits (name, phone, email, id, address, text)."""

    kind: str


class UnknownTypeError(ValueError):
    """The type of an event is not one of this release's facts."""


class MalformedEventError(ValueError):
    """Bytes that are no event of this platform; the message says where they break."""


class Fact(BaseModel):
    """What happened, in the past tense: the `data` of one event type.

    A subclass names its type: `class ComplaintFiled(Fact, type="guanxi.complaints.ComplaintFiled.v1")`. Unknown fields
    are ignored on reading, so that a newer producer never breaks an older consumer.
    """

    # Deferred: a process reads and writes a few of these types only, and building all took a tenth of its start.
    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True, defer_build=True)

    TYPE: ClassVar[str] = ""
    TOPIC: ClassVar[str] = ""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Enter the subclass in the registry under its type, once."""
        super().__pydantic_init_subclass__()
        name = kwargs.get("type")
        if name is None:
            return
        word = name.split(".")[1]
        if name in _REGISTRY or word not in OWNERS:
            message = f"{name}: registered twice, or its topic word {word!r} has no owner"
            raise TypeError(message)
        cls.TYPE, cls.TOPIC = name, word
        _REGISTRY[name] = cls

    def __init_subclass__(cls, type: str | None = None, **kwargs: Any) -> None:  # noqa: A002 - the field's word
        """Take the `type` argument of the class statement (used in `__pydantic_init_subclass__`)."""
        super().__init_subclass__(**kwargs)


D = TypeVar("D", bound=Fact, covariant=True, default=Fact)  # noqa: PLC0105 - one letter, as in the field's papers
F = TypeVar("F", bound=Fact)


class Event(BaseModel, Generic[D]):
    """One event as it lies in the log and on the wire.

    `time` is when it happened, `recordedtime` when we learned it; `sequence` is the version of the aggregate
    `aggregateid` after it; `subject` is the customer, absent where there is none.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    subject: UUID | None = None
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str
    aggregateid: UUID
    sequence: int = Field(ge=0)
    recordedtime: AwareDatetime
    traceparent: str | None = None
    correlationid: str | None = None
    causationid: str | None = None
    data: SerializeAsAny[D]

    @property
    def historic(self) -> bool:
        """True when we learned of it more than 48 hours late: state changes, nobody is told."""
        return self.recordedtime - self.time > HISTORIC_AFTER

    @property
    def key(self) -> str:
        """The Kafka key: the customer, else the aggregate."""
        return str(self.subject or self.aggregateid)

    @property
    def topic(self) -> str:
        """The topic word, without any prefix."""
        return self.type.split(".")[1]

    def to_json(self) -> bytes:
        """The structured-mode CloudEvents JSON."""
        return self.model_dump_json(exclude_none=True).encode()


def make_event(  # noqa: PLR0913 - one argument for each attribute of an event
    fact: F,
    *,
    id: UUID,  # noqa: A002 - CloudEvents' word
    recorded: datetime,
    aggregate: UUID,
    sequence: int,
    subject: UUID | None,
    time: datetime,
    traceparent: str | None = None,
    correlation: str | None = None,
    causation: str | None = None,
) -> Event[F]:
    """Put a fact into its envelope; `source` and `dataschema` follow from its type."""
    return Event(
        id=id,
        source=f"/guanxi/{OWNERS[fact.TOPIC]}",
        type=fact.TYPE,
        subject=subject,
        time=time,
        dataschema=f"urn:guanxi:schema:{fact.TYPE}",
        aggregateid=aggregate,
        sequence=sequence,
        recordedtime=recorded,
        traceparent=traceparent,
        correlationid=correlation,
        causationid=causation,
        data=fact,
    )


def knows(type_name: str) -> bool:
    """Whether this release knows events of this type, whoever handles them."""
    return type_name in _REGISTRY


def parse(raw: bytes | str | dict[str, Any]) -> Event[Fact]:
    """Read one event of our own topics.

    Raises `UnknownTypeError` for a type that this release does not know, `MalformedEventError` for anything else
    that is not one of our events.
    """
    try:
        header = raw if isinstance(raw, dict) else orjson.loads(raw)
        name = header["type"]
        if not isinstance(name, str):
            raise MalformedEventError(f"type: {name!r} is no type")  # noqa: TRY301
        fact_type = _REGISTRY.get(name)
        if fact_type is None:
            raise UnknownTypeError(name)  # noqa: TRY301
        return Event.model_validate({**header, "data": fact_type.model_validate(header["data"])})
    except (UnknownTypeError, MalformedEventError):
        raise
    except ValidationError as error:
        where = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False)[:5])
        raise MalformedEventError(where) from error
    except (ValueError, TypeError, KeyError) as error:
        message = f"not an event: {error!r}"
        raise MalformedEventError(message) from error


def fact_types() -> dict[str, type[Fact]]:
    """All registered facts, by type name."""
    return dict(_REGISTRY)
