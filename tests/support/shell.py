"""The command line as a person uses it, and the platform that it has brought up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from guanxi_local.state import open_state
from guanxi_local.tokens import mint


class Shell:
    """Runs `guanxi` with a state folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *words: str, code: int = 0, seconds: float = 200) -> str:
        """What a command prints; on the error stream where it is to end with another code than 0."""
        environment = {**os.environ, "GUANXI_STATE": str(self.root), "COLUMNS": "200"}
        command = [sys.executable, "-m", "guanxi_local", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=seconds)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stderr

    def gateway(self) -> str:
        """The gateway's address."""
        found: str = json.loads(self.run("status", "--json"))["gateway"]
        return found

    def token(self, **claims: Any) -> str:
        """A token of the installation's issuer; without claims a head-office administrator's."""
        return mint(open_state(self.root)[0], **claims)

    def client(self, **claims: Any) -> httpx.AsyncClient:
        """Somebody at the gateway."""
        headers = {"Authorization": f"Bearer {self.token(**claims)}"}
        return httpx.AsyncClient(base_url=self.gateway(), headers=headers, timeout=30, trust_env=False)
