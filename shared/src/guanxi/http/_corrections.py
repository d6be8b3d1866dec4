"""Bodies that name what was wrong."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError


class Correction(BaseModel):
    """The fields that were wrong, as they should have been: at least one.

    A field left out stays as it is; null empties one that may be empty, and is refused for those in `FILLED`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    FILLED: ClassVar[frozenset[str]] = frozenset()

    @field_validator("*", mode="before")
    @classmethod
    def _filled(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.field_name in cls.FILLED:
            raise PydanticCustomError("null", "cannot be null")
        return value

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("missing", "name at least one field to correct")
        return self
