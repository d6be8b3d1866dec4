"""A phone's browser: headless Chromium, where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

WIDTH, HEIGHT = 390, 844
"""A common phone, in CSS pixels."""


def chromium() -> str | None:
    """Where the browser is; None where there is none. GUANXI_CHROMIUM names another one."""
    named = os.environ.get("GUANXI_CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def screenshot(browser: str, url: str, language: str, to: Path) -> None:
    """Take a picture of a page as a phone shows it."""
    _run(browser, url, language, f"--screenshot={to}", f"--window-size={WIDTH},{HEIGHT}", profile=to.parent / "profile")


def _run(browser: str, url: str, language: str, *more: str, profile: Path) -> None:
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
    flags += [f"--user-data-dir={profile}", f"--accept-lang={language}", f"--lang={language}", "--disable-extensions"]
    done = subprocess.run([browser, *flags, *more, url], capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
