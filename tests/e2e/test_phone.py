"""What a complainant sees and taps on a phone, in each state of the complaint."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from guanxi_local.door import Door
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
def desk(shell: Shell, told: Told) -> Iterator[Door]:
    """A head-office administrator."""
    assert told.text
    with Door(shell.gateway(), shell.token()) as door:
        yield door


@pytest.mark.parametrize("language", _STATES)
def test_a_complainant_follows_it_on_a_phone_and_reopens_it_with_one_tap(
    shell: Shell, desk: Door, tmp_path: Path, language: str
) -> None:
    assigned, answered, reopened, no = _STATES[language]
    filed = desk.post("/v1/complaints", {"channel": "phone", "text": "Late.", "cause": "neglect"})
    at = f"/v1/complaints/{filed['id']}"
    track = f"{shell.gateway()}/track/{desk.get(f'{at}/tracking-link')['token']}"
    with phone(language) as page:
        page.goto(track)
        assert page.locator(".state").inner_text() == assigned
        assert page.locator("button").count() == 0, "there is nothing to judge yet"
        _is_a_picture(page.screenshot(path=tmp_path / "assigned.png"))

        desk.post(f"{at}/acceptance", {})
        desk.post(f"{at}/answers", {"text": "It leaves today.", "quality": 4})
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
    assert desk.get(at)["status"] == "reopened"


def test_the_page_of_the_tour_is_a_picture_on_a_phone(shell: Shell, told: Told, tmp_path: Path) -> None:
    with phone("zh-TW") as page:
        page.goto(shell.gateway() + told.found(r"his page: (\S+)")[1])
        _is_a_picture(page.screenshot(path=tmp_path / "track.png"))


def _is_a_picture(png: bytes) -> None:
    width, height = struct.unpack(">II", png[16:24])
    assert (width, height) == (WIDTH, HEIGHT)
    assert len(png) > 8_000, "an empty page is a smaller picture"
