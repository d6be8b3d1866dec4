"""The two doors: each path finds its one service, and no connection is used just as it closes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from guanxi.service import IDLE_SECONDS
from guanxi_local import gateway
from guanxi_local.routes import build, templates

ROOT = Path(__file__).parents[2]
OPENAPI = ROOT / "docs" / "contracts" / "openapi"


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


def test_proxies_let_go_of_a_connection_before_the_service_does() -> None:
    """Who closes first may do so just as the other one sends: a request that is not repeatable would be lost."""
    (caddy,) = re.findall(r"keepalive (\d+)s", (ROOT / "deploy" / "compose" / "proxy" / "Caddyfile").read_text())
    assert max(int(caddy), gateway.KEPT_S) < IDLE_SECONDS
