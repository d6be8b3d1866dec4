"""Links: each opens one page, for one message."""

from __future__ import annotations

from uuid import uuid4

from guanxi.auth import tracking
from notifications.links import Links, read_unsubscribe, read_why

KEY = b"a key of at least thirty-two bytes"
LINKS = Links("https://firm.example.com/", "/track/{token}", KEY)


def token_of(link: str) -> str:
    return link.rpartition("/")[2]


def test_a_link_reads_back_as_its_message() -> None:
    message = uuid4()
    assert read_why(KEY, token_of(LINKS.why(message))) == message
    assert read_unsubscribe(KEY, token_of(LINKS.unsubscribe(message))) == message


def test_a_link_opens_no_other_page() -> None:
    message = uuid4()
    assert read_unsubscribe(KEY, token_of(LINKS.why(message))) is None
    assert read_why(KEY, token_of(LINKS.unsubscribe(message))) is None
    assert tracking.read(KEY, token_of(LINKS.why(message))) is None


def test_the_tracking_link_is_the_one_that_complaints_reads() -> None:
    complaint = uuid4()
    link = LINKS.tracking(complaint)
    assert link.startswith("https://firm.example.com/track/")
    assert tracking.read(KEY, token_of(link)) == complaint
