"""How a letter is written down."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from uuid import UUID

import pytest

from notifications.messages.mail import Letter, provider_key
from notifications.messages.smtp import Delivery, Server, compose

MESSAGE = UUID("01961f2e-0000-7000-8000-000000000001")
LETTER = Letter(
    to="zhang@example.com",
    subject="我们已收到您的投诉 C-1",
    text="您好\n.\n..\n",
    html="<p>您好</p>",
    language="zh-Hans",
    message_id=provider_key(MESSAGE, "Firm <no-reply@firm.example.com>"),
    at=datetime(2026, 3, 31, tzinfo=UTC),
    unsubscribe="https://firm.example.com/v1/unsubscribe/x",
)
SENDER = "立信 <no-reply@firm.example.com>"


def test_a_letter_reads_back_as_it_was_meant() -> None:
    raw = compose(LETTER, SENDER).as_bytes(policy=email.policy.SMTP)
    back = email.message_from_bytes(raw, policy=email.policy.default)
    assert back["Subject"] == LETTER.subject
    assert back["From"].addresses[0].display_name == "立信"
    assert back["Message-ID"] == f"<{MESSAGE}@firm.example.com>"
    assert back["Auto-Submitted"] == "auto-generated"
    text, html = back.get_body(("plain",)), back.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().splitlines() == LETTER.text.splitlines()
    assert html.get_content().strip() == LETTER.html


@pytest.mark.parametrize("field", ["subject", "to", "unsubscribe"])
def test_a_line_end_in_a_header_is_an_error_and_never_a_header(field: str) -> None:
    values = {name: getattr(LETTER, name) for name in Letter.__slots__}
    hostile = Letter(**{**values, field: "a@example.com\r\nBcc: all@example.com"})
    with pytest.raises((ValueError, email.errors.MessageError)):
        compose(hostile, SENDER).as_bytes(policy=email.policy.SMTP)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.com", Server("mail.example.com", 25, tls=False, user=None, password=None, seconds=1)),
        ("smtp://127.0.0.1:2525", Server("127.0.0.1", 2525, tls=False, user=None, password=None, seconds=1)),
        ("smtps://mail.example.com", Server("mail.example.com", 465, tls=True, user=None, password=None, seconds=1)),
        ("smtp://u:p%40ss@h:587", Server("h", 587, tls=False, user="u", password="p@ss", seconds=1)),
    ],
)
def test_a_server_is_named_by_a_url(url: str, expected: Server) -> None:
    assert Server.from_url(url, 1) == expected


@pytest.mark.asyncio
async def test_a_letter_that_cannot_be_written_down_fails_before_anybody_is_called() -> None:
    values = {name: getattr(LETTER, name) for name in Letter.__slots__}
    nobody = Server("mail.invalid", 25, tls=False, user=None, password=None, seconds=1)
    delivery = Delivery(nobody, Letter(**{**values, "to": "a..b@example.com"}), SENDER)
    assert (await delivery.run()).outcome == "permanent"
    assert not delivery.handed_over
