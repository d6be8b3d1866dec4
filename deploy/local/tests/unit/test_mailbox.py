"""The mailbox keeps every message, however close together they come."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import Envelope

from guanxi_local.mailbox import Keeper

NOBODY: Any = None


def letter(content: bytes) -> Envelope:
    envelope = Envelope()
    envelope.rcpt_tos = ["li.ming@example.com"]
    envelope.content = content
    return envelope


def test_mails_of_one_moment_to_one_recipient_are_all_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [5_000_000, 5_000_001, 5_000_001, 5_000_002]
    monkeypatch.setattr(time, "time_ns", lambda: moments.pop(0))
    keeper = Keeper(tmp_path)
    for content in (b"one", b"two", b"three"):
        assert asyncio.run(keeper.handle_DATA(NOBODY, NOBODY, letter(content))) == "250 kept"
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == [b"one", b"two", b"three"]
    assert {path.name.partition("-")[2] for path in tmp_path.iterdir()} == {"li.ming@example.com.eml"}
