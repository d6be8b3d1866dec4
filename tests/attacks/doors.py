"""The routes of the five services as their committed documents tell of them, and good bodies made of their schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

_FOLDER = Path(__file__).parents[2] / "docs" / "contracts" / "openapi"
DOCUMENTS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in sorted(_FOLDER.glob("*.json"))
}
_PLACE = re.compile(r"\{(\w+)\}")
_WORDS = ("phone", "CNY", "CN", "zh", "Asia/Shanghai", "a@example.com", "+8613800138000", "https://example.com/", "x")


@dataclass(frozen=True)
class Route:
    """One method at one path."""

    service: str
    method: str
    path: str
    operation: Mapping[str, Any]

    @property
    def name(self) -> str:
        """As a person writes it."""
        return f"{self.method} {self.path}"

    @property
    def public(self) -> bool:
        """Whether strangers may call it."""
        return not self.operation.get("security")

    @property
    def places(self) -> tuple[str, ...]:
        """The parameters in the path."""
        return tuple(_PLACE.findall(self.path))

    @property
    def body(self) -> dict[str, Any] | None:
        """The schema of an object that is asked for; None where there is none or it is a list."""
        content = self.operation.get("requestBody", {}).get("content", {})
        schema = self.resolve(content.get("application/json", {}).get("schema", {}))
        return schema if schema.get("type") == "object" else None

    @property
    def body_needed(self) -> bool:
        """Whether the body may not be left out."""
        return bool(self.operation.get("requestBody", {}).get("required"))

    def at(self, values: Mapping[str, str]) -> str:
        """The path with values in it; what is not given is an id that nobody has."""
        return _PLACE.sub(lambda found: quote(values.get(found[1]) or self.unused(found[1]), safe=""), self.path)

    def unused(self, place: str) -> str:
        """A value of the right shape under which there is nothing."""
        schema: dict[str, Any] = next(
            (p["schema"] for p in self.operation.get("parameters", ()) if p["name"] == place), {}
        )
        if schema.get("format") == "uuid":
            return str(_nobody())
        return (
            "99" if schema.get("type") == "integer" else str(self.example(schema)) if "enum" in schema else "nobody-x"
        )

    def resolve(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """The schema without references, and without the choice of null."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self.resolve(DOCUMENTS[self.service]["components"]["schemas"][name])
        choices = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
        return self.resolve(choices[0]) if choices else dict(schema)

    def example(self, schema: Mapping[str, Any]) -> Any:
        """The smallest value that fits the schema."""
        schema = self.resolve(schema)
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        match schema.get("type"):
            case "object":
                fields = schema.get("properties", {})
                return {name: self.example(fields[name]) for name in schema.get("required", ())}
            case "array":
                return [self.example(schema["items"]) for _ in range(schema.get("minItems", 0))]
            case "integer" | "number":
                return max(1, schema.get("minimum", 1))
            case "boolean":
                return True
            case _:
                return _text(schema)

    def good(self) -> dict[str, Any]:
        """A body that the schema takes."""
        made: dict[str, Any] = self.example(self.body or {"type": "object"})
        return made


def _text(schema: Mapping[str, Any]) -> str:
    if schema.get("format") == "uuid":
        return str(_nobody())
    if schema.get("format") in ("date", "date-time"):
        return "2026-03-31T09:30:00Z"[: 10 if schema["format"] == "date" else None]
    fits = (word for word in _WORDS if re.search(schema.get("pattern", ""), word))
    return next(fits, "x").ljust(schema.get("minLength", 0), "x")


def _nobody() -> UUID:
    """An id as ours are, of long ago: nobody waits for news of it."""
    return UUID(int=(uuid4().int & ~(0xFFFFFFFFFFFF << 80) & ~(0xF << 76)) | (0x0180_0000_0000 << 80) | (0x7 << 76))


ROUTES = [
    Route(service, method.upper(), path, operation)
    for service, document in DOCUMENTS.items()
    for path, operations in document["paths"].items()
    for method, operation in operations.items()
]
WITH_BODY = [route for route in ROUTES if route.body]
