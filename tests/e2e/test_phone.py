"""What a complainant sees and taps on a phone, in each state of the complaint."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.phone import HEIGHT, WIDTH, chromium, phone
from support.shell import Shell
from support.told import Told

pytestmark = [
    pytest.mark.timeout(600),  # the first one plays the demo
    pytest.mark.skipif(chromium() is None, reason="there is no Chromium here to look at the pages with"),
]

_STATES = {
    "zh-TW": ("已分派", "已答覆", "已重新打開", "沒有解決"),
    "zh-CN": ("已分派", "已答复", "已重新打开", "没有解决"),
    "en": ("Assigned", "Answered", "Reopened", "No"),
}


@pytest.fixture
def desk(shell: Shell, told: Told) -> Iterator[httpx.Client]:
    """A head-office administrator."""
    assert told.text
    headers = {"Authorization": f"Bearer {shell.token()}"}
    with httpx.Client(base_url=shell.gateway(), headers=headers, timeout=30, trust_env=False) as client:
        yield client


@pytest.mark.parametrize("language", _STATES)
def test_a_complainant_follows_it_on_a_phone_and_reopens_it_with_one_tap(
    desk: httpx.Client, tmp_path: Path, language: str
) -> None:
    assigned, answered, reopened, no = _STATES[language]
    filed = _asked(desk, "/v1/complaints", {"channel": "phone", "text": "Late.", "cause": "neglect"})
    at = f"/v1/complaints/{filed['id']}"
    token = desk.get(f"{at}/tracking-link").json()["token"]
    with phone(language) as page:
        page.goto(str(desk.base_url.join(f"/track/{token}")))
        assert page.locator(".state").inner_text() == assigned
        assert page.locator("button").count() == 0, "there is nothing to judge yet"
        _is_a_picture(page.screenshot(path=tmp_path / "assigned.png"))

        _asked(desk, f"{at}/acceptance", {})
        _asked(desk, f"{at}/answers", {"text": "It leaves today.", "quality": 4})
        page.reload()
        assert page.locator(".state").inner_text() == answered
        assert "It leaves today." in page.locator("blockquote").inner_text()
        _is_a_picture(page.screenshot(path=tmp_path / "answered.png"))

        for button in page.locator("button").all():
            box = button.bounding_box()
            assert box
            assert box["height"] >= 40, "a thumb must hit it"
            assert box["x"] + box["width"] <= WIDTH, "it is on the screen"
        with page.expect_navigation():
            page.locator("button", has_text=no).tap()
        assert page.locator(".state").inner_text() == reopened
        assert page.locator("button").count() == 0
        _is_a_picture(page.screenshot(path=tmp_path / "reopened.png"))
    assert desk.get(at).json()["status"] == "reopened"


def test_the_page_of_the_tour_is_a_picture_on_a_phone(desk: httpx.Client, told: Told, tmp_path: Path) -> None:
    with phone("zh-TW") as page:
        page.goto(str(desk.base_url.join(told.found(r"his page: (\S+)")[1])))
        _is_a_picture(page.screenshot(path=tmp_path / "track.png"))


def _asked(desk: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    answer = desk.post(path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


def _is_a_picture(png: bytes) -> None:
    width, height = struct.unpack(">II", png[16:24])
    assert (width, height) == (WIDTH, HEIGHT)
    assert len(png) > 8_000, "an empty page is a smaller picture"
