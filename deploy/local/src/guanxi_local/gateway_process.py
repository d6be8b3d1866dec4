"""How the gateway's process is started; apart from the gateway, so that starting it does not load it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping

from guanxi_local.checkout import checkout

GATEWAY = "gateway"
SERVICES_VARIABLE = "GUANXI_GATEWAY_SERVICES"
CONTRACTS_VARIABLE = "GUANXI_GATEWAY_CONTRACTS"


def gateway_command(port: int) -> list[str]:
    """Give the command that runs the gateway."""
    return [sys.executable, "-m", "guanxi_local.gateway", str(port)]


def gateway_environment(services: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of the gateway's process: where the services are and where their contracts lie."""
    contracts = checkout() / "docs" / "contracts" / "openapi"
    return {**os.environ, SERVICES_VARIABLE: json.dumps(dict(services)), CONTRACTS_VARIABLE: str(contracts)}
