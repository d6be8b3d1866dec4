"""One installation in containers, in the hands of a test."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import httpx

from guanxi.auth.development import DevelopmentIssuer
from guanxi_local.scopes import ALL_SCOPES, HEAD_OFFICE

ROOT = Path(__file__).parents[2]
# A machine that does other things at the same time is given its time.
PATIENCE_S = 240.0


def engine_trouble() -> str | None:
    """Why nothing can run in containers here; None where an engine with compose answers."""
    try:
        for command in (["docker", "version"], ["docker", "compose", "version"]):
            subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    except FileNotFoundError:
        return "there is no docker on this machine"
    except subprocess.CalledProcessError as error:
        return f"no Docker engine with compose answers: {' '.join(error.stderr.split())[:200]}"
    except subprocess.TimeoutExpired:
        return "the Docker engine does not answer within 20 s"
    return None


T = TypeVar("T")


def until(what: str, look: Callable[[], T | None], seconds: float = PATIENCE_S) -> T:
    """Ask again until there is an answer that counts."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.3)


class Installation:
    """A compose project of its own, with its own secrets, ports and volumes."""

    def __init__(self, folder: Path, ports: Iterable[int]) -> None:
        self.project = f"guanxi-test-{secrets.token_hex(3)}"
        self._folder = folder
        gateway, kafka = ports
        self.gateway, self.kafka = f"http://127.0.0.1:{gateway}", f"127.0.0.1:{kafka}"
        example = (ROOT / ".env.example").read_text()
        made = {name: secrets.token_urlsafe(32) for name in re.findall(r"^([A-Z_]+)=$", example, re.MULTILINE)}
        self._environment = {
            **os.environ,
            **made,
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_FILE": f"docker-compose.yml{os.pathsep}tests/containers/compose.yaml",
            "GUANXI_PORT": str(gateway),
            "GUANXI_KAFKA_PORT": str(kafka),
            "GUANXI_KAFKA_HOST": "127.0.0.1",
            "GUANXI_PUBLIC_URL": self.gateway,
        }
        self._issuer: DevelopmentIssuer | None = None

    def run(self, *command: str, seconds: float = 600) -> str:
        done = subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False, timeout=seconds
        )
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def compose(self, *arguments: str) -> str:
        return self.run("docker", "compose", *arguments)

    def make(self, target: str, **variables: str) -> str:
        return self.run("make", "--no-print-directory", target, *(f"{key}={value}" for key, value in variables.items()))

    def mint(self, **claims: Any) -> str:
        if self._issuer is None:
            key = self._folder / "key.json"
            text = self.compose(
                "run", "--rm", "--no-deps", "-T", "--entrypoint", "cat", "issuer", "/var/lib/guanxi/issuer/key.json"
            )
            key.write_text(text)
            self._issuer = DevelopmentIssuer.load(key)
        return self._issuer.token(**{"subject": "admin", "unit": HEAD_OFFICE, "scopes": ALL_SCOPES, **claims})

    def client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.mint()}"}
        return httpx.Client(base_url=self.gateway, headers=headers, timeout=20, trust_env=False)

    def containers(self, *names: str) -> dict[str, dict[str, Any]]:
        """What the engine says of each container that should run, by service."""
        identifiers = self.compose("ps", "-q", *names).split()
        found = json.loads(self.run("docker", "inspect", *identifiers)) if identifiers else []
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in found}

    def kill(self, name: str) -> None:
        """End a container's first process as the kernel would, which no restart policy takes for a wish."""
        os.kill(self.containers(name)[name]["State"]["Pid"], signal.SIGKILL)

    def wait_restarted(self, name: str, restarts: int) -> None:
        def back() -> bool:
            now = self.containers(name).get(name)
            return bool(now and now["RestartCount"] > restarts and now["State"]["Health"]["Status"] == "healthy")

        until(f"{name} is back", back)


def say(text: str) -> None:
    """Print a figure beside the test's name, with -s or -rA."""
    sys.stdout.write(f"{text}\n")
