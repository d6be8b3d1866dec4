"""What callers send and read about templates."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\u0000]*$")]


class TemplatePost(BaseModel):
    """The next revision of a template."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "code": "complaint-receipt",
                    "language": "en",
                    "subject": "We have your complaint {{ number }}",
                    "body": "{% if name %}Dear {{ name }},{% else %}Hello,{% endif %}\n\nSee: {{ tracking_url }}",
                }
            ]
        },
    )

    code: Annotated[str, Field(max_length=64, examples=["complaint-receipt"])]
    language: Literal["zh-Hans", "zh-Hant", "en"]
    channel: Literal["email"] = "email"
    subject: Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\u0000]*$")]
    body: Text
    """Plain text with `{{ name }}` and `{% if name %}`; the HTML part is made from it."""
    max_chars: Annotated[int, Field(strict=True, ge=1, le=4000)] = 600
    """A message longer than this is not sent: it would not be read."""


class TemplateView(BaseModel):
    """One revision."""

    id: UUID
    code: str
    language: str
    channel: str
    message_class: str
    revision: int
    subject: str
    body: str
    max_chars: int
