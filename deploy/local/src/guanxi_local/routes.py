"""The gateway's path map: which service owns a path, by whole template and with literal segments before parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

_OWN = ("/livez", "/readyz", "/metrics", "/openapi.json", "/docs", "/redoc")


class ContestedTemplateError(ValueError):
    """Two services claim the same path template."""


@dataclass
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    owner: str | None = None
    template: str = ""


class Routes:
    """A tree of path templates, each with the service that owns it."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, template: str, owner: str) -> None:
        """Claim a template such as `/v1/customers/{id}/timeline` for a service."""
        node = self._root
        for segment in _split(template):
            if segment.startswith("{") and segment.endswith("}"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node())
        if node.owner not in (None, owner):
            message = f"{template} of {owner} is also claimed by {node.owner} as {node.template}"
            raise ContestedTemplateError(message)
        node.owner, node.template = owner, template

    def owner(self, raw_path: str) -> str | None:
        """Give the service a path, percent-encoded as it came, belongs to; None when nobody claims it."""
        segments = [unquote(segment) for segment in _split(raw_path)]
        # An HTTP client resolves dot segments: what was matched here would not be what is asked for there.
        if any(segment in (".", "..") for segment in segments):
            return None
        return _find(self._root, segments)

    def templates(self) -> Iterator[tuple[str, str]]:
        """Give each template with its owner, in the order in which `owner` looks: the first that fits is its answer."""
        return _walk(self._root)


def templates(document: Mapping[str, Any]) -> Iterable[str]:
    """Give the public path templates of an OpenAPI document: what is for probes and scrapers stays inside."""
    return [path for path in document.get("paths", {}) if path not in _OWN]


def build(documents: Mapping[str, Mapping[str, Any]]) -> Routes:
    """Build the map of all services from their OpenAPI documents."""
    routes = Routes()
    for owner, document in documents.items():
        for template in templates(document):
            routes.add(template, owner)
    return routes


def _walk(node: _Node) -> Iterator[tuple[str, str]]:
    if node.owner is not None:
        yield node.template, node.owner
    for _, literal in sorted(node.literals.items()):
        yield from _walk(literal)
    if node.parameter:
        yield from _walk(node.parameter)


def _split(path: str) -> list[str]:
    return path.split("/")[1:]


def _find(node: _Node, segments: list[str]) -> str | None:
    if not segments:
        return node.owner
    head, rest = segments[0], segments[1:]
    literal = node.literals.get(head)
    found = _find(literal, rest) if literal else None
    if found is None and node.parameter and head:
        return _find(node.parameter, rest)
    return found
