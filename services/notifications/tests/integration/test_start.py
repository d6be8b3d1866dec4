"""A wrong setting ends the start with one line that names it, and code 2."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

pytestmark = pytest.mark.asyncio
SOUND = {"PROFILE": "development", "DATABASE_URL": "postgresql://x/y", "KAFKA": "127.0.0.1:9", "JWKS": "x"}
MAILING = {"PROFILE": "production", "JWKS": "https://x", "CURSOR_KEY": "x" * 32, "TRACKING_KEY": "x" * 32}
MAILING |= {"SMTP_URL": "smtp://user:geheim@mail", "SENDER": "no-reply@firm.example.com"}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"DEFAULT_TIME_ZONE": "Mars/Olympus"}, "GUANXI_DEFAULT_TIME_ZONE"),
        ({"SMTP_URL": "smtp://user:geheim@mail:99999"}, "GUANXI_SMTP_URL"),
        (MAILING, "GUANXI_PUBLIC_URL"),
    ],
)
async def test_a_wrong_setting_is_named_and_nothing_secret_is(wrong: dict[str, str], named: str) -> None:
    ours = {f"GUANXI_{name}": value for name, value in {**SOUND, **wrong}.items()}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GUANXI_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "notifications"), env={**clean, **ours}, stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    (line,) = said.decode().splitlines()
    assert named in line
    assert "geheim" not in line
