"""An operator's commands at a platform under test."""

from __future__ import annotations

import subprocess
import sys

from guanxi_local.testplatform import TestPlatform

SCOPES = ("ops:read", "ops:write", "pii:read")


def guanxi(platform: TestPlatform, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command against this platform."""
    way = ["--gateway", platform.gateway, "--token", platform.token(scopes=SCOPES, subject="operator")]
    command = [sys.executable, "-m", "guanxi_local", *words, *way]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
