"""A phone's browser: headless Chromium, where there is one. It runs no script: the pages must do without."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

WIDTH, HEIGHT = 390, 844
"""A common phone, in CSS pixels."""
_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def chromium() -> str | None:
    """Where the browser is; None where there is none. GUANXI_CHROMIUM names another one."""
    named = os.environ.get("GUANXI_CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def phone(language: str) -> Iterator[Page]:
    """A page in a browser that prefers this language, at a phone's size, tapped and not clicked."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=_FLAGS)
        try:
            made = browser.new_context(
                locale=language,
                viewport={"width": WIDTH, "height": HEIGHT},
                is_mobile=True,
                has_touch=True,
                java_script_enabled=False,
            )
            yield made.new_page()
        finally:
            browser.close()
