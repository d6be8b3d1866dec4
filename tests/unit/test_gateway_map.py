"""The gateway's map of the committed contracts: no two services claim one path, and each path finds its service."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from guanxi_local.routes import build, templates

OPENAPI = Path(__file__).parents[2] / "docs" / "contracts" / "openapi"


def documents() -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text()) for path in OPENAPI.glob("*.json")}


def test_no_path_is_claimed_by_two_services_and_each_finds_its_own() -> None:
    found = documents()
    assert len(found) == 5
    routes = build(found)
    strays = [
        (path, owner, service)
        for service, document in found.items()
        for path in templates(document)
        if (owner := routes.owner(re.sub(r"\{[^}]*\}", "7", path))) != service
    ]
    assert strays == []
