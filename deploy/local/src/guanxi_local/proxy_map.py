"""`python -m guanxi_local.proxy_map`: the path map of a stock reverse proxy, from the five committed contracts.

One line for each path template, in the order in which the local gateway looks, so that the first that fits is its
choice too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from guanxi_local.checkout import checkout
from guanxi_local.processes import read_processes
from guanxi_local.routes import build

_HEAD = """# Written by `make contracts` from docs/contracts/openapi; which service a path belongs to, first match wins.
# Matched is the request's address as it came: an encoded slash stays inside its segment. Dot segments belong to nobody.
"""
_DOTS = r"^[^?]*/(?:\.|%2[eE])(?:\.|%2[eE])?(?:[/?]|$)"
_NOBODY = "none"


def map_file() -> Path:
    """Give the place of the committed map."""
    return checkout() / "deploy" / "compose" / "proxy" / "routes.caddyfile"


def read_contracts() -> dict[str, dict[str, Any]]:
    """Read the committed OpenAPI document of each service of the process table."""
    folder = checkout() / "docs" / "contracts" / "openapi"
    return {service.name: json.loads((folder / f"{service.name}.json").read_text()) for service in read_processes()}


def rules(documents: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Give a regular expression over path and query, and who owns what it matches; the first that matches decides."""
    yield _DOTS, _NOBODY
    for template, owner in build(documents).templates():
        yield _expression(template), owner


def _expression(template: str) -> str:
    segments = (r"[^/?]+" if part.startswith("{") else re.escape(part) for part in template.split("/"))
    return f"^{'/'.join(segments)}(?:[?]|$)"


def write_map(documents: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the map as the proxy reads it."""
    lines = "".join(f"\t~{expression} {owner}\n" for expression, owner in rules(documents))
    return f"{_HEAD}map {{uri}} {{service}} {{\n{lines}\tdefault {_NOBODY}\n}}\n"


def main() -> None:
    """Write the committed file."""
    map_file().write_text(write_map(read_contracts()))


if __name__ == "__main__":
    main()
