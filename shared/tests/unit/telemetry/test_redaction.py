"""What a log line never holds."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
import structlog

from guanxi.telemetry import REDACTED, configure_logging, redact, redact_text, set_correlation_id, span

TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"


@pytest.fixture
def stream() -> io.BytesIO:
    made = io.BytesIO()
    configure_logging("complaints", stream=made)
    return made


def logged(stream: io.BytesIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"Authorization: Bearer {TOKEN}", TOKEN),
        ("bearer abc.def", "abc.def"),
        (f"token was {TOKEN}!", TOKEN),
        ("GET /v1/track/c2VjcmV0/verdict", "c2VjcmV0"),
        ("GET /track/c2VjcmV0?x=1", "c2VjcmV0"),
        ("GET /card/7F3K-9QMA-2XBT-40HE?lang=en", "7F3K-9QMA-2XBT-40HE"),
        ("/v1/why/c2VjcmV0", "c2VjcmV0"),
        ("/unsubscribe/c2VjcmV0", "c2VjcmV0"),
        ("?access_token=c2VjcmV0&x=1", "c2VjcmV0"),
        ("postgresql://app:s3cret@127.0.0.1/db", "s3cret"),
        ("mail to zhang@example.com failed", "zhang@example.com"),
        ("Key exists.\nDETAIL:  Key (name)=(張建國) already exists.", "張建國"),
        ("call 13800131234 back", "13800131234"),
        ("call +86 138 0013 1234 back", "0013 1234"),
        ("id 140105199001011234.", "140105199001011234"),
        ("id 14010519900101123X", "14010519900101123X"),
    ],
)
def test_secrets_and_personal_data_in_text_are_replaced(text: str, secret: str) -> None:
    shown = redact_text(text)
    assert secret not in shown
    assert REDACTED in shown


@pytest.mark.parametrize(
    "text",
    [
        "consumer interactions.contacts at 9223372036854775807",
        "01a2020a-ebe1-7192-a1cc-f05380454c31",
        "00-108f3b44b39b4f60c353f2fc1505ca1b-6872631ac2981beb-00",
        "2026-11-22T06:42:38.842832Z",
        "投诉已受理",
        "/v1/complaints/01a2020a-ebe1-7192-a1cc-f05380454c31",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize(
    "key",
    ["phone", "Phone_Number", "email", "e_mail", "id_number", "authorization", "password", "secret", "cookie", "token"],
)
def test_what_a_key_calls_secret_is_not_logged_at_any_depth(key: str) -> None:
    assert redact({"a": [{key: "value"}]}) == {"a": [{key: REDACTED}]}


def test_numbers_under_such_a_key_are_not_logged_either() -> None:
    assert redact({"phone": 13800131234}) == {"phone": REDACTED}


@pytest.mark.parametrize("character", ["\x1b", "\x9b", "\x00", "\r", "\u2028", "\u2029", "\u202e", "\x85", "\ud800"])
def test_characters_that_forge_lines_are_spelled_out(stream: io.BytesIO, character: str) -> None:
    structlog.get_logger().info("before" + character + "after", field=character, **{"k" + character: 1})
    raw = stream.getvalue()
    assert raw.count(b"\n") == 1
    assert character.encode("utf-8", "surrogatepass") not in raw[:-1]
    assert "before" in logged(stream)[0]["event"]


def test_a_forged_line_stays_one_line(stream: io.BytesIO) -> None:
    structlog.get_logger().info('x"}\n{"event": "forged", "level": "error"}')
    assert len(stream.getvalue().splitlines()) == 1


def test_what_cannot_be_text_is_logged_all_the_same(stream: io.BytesIO) -> None:
    class Strange:
        def __str__(self) -> str:
            return f"Bearer {TOKEN}"

    loop: dict[str, Any] = {}
    loop["self"] = loop
    structlog.get_logger().info("odd", thing=Strange(), loop=loop, number=2**70, nested={1: {2: 3}}, kinds={1, 2})
    (line,) = logged(stream)
    assert TOKEN not in json.dumps(line)
    assert line["nested"] == {"1": {"2": 3}}


def test_very_long_text_is_cut() -> None:
    assert len(redact_text("x" * 100_000)) < 17_000


def test_the_standard_library_and_uvicorn_speak_json_too(stream: io.BytesIO) -> None:
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 7)
    logging.getLogger("some.library").warning("token=%s", TOKEN)
    first, second = logged(stream)
    assert (first["event"], first["logger"], first["level"]) == ("Started server process [7]", "uvicorn.error", "info")
    assert TOKEN not in json.dumps(second)


def test_a_library_s_wrong_format_breaks_nothing(stream: io.BytesIO) -> None:
    record = logging.LogRecord("some.library", logging.WARNING, "file.py", 1, "%d pieces", ("many",), None)
    next(handler for handler in logging.getLogger().handlers if type(handler).__name__ == "_Bridge").handle(record)
    assert logged(stream)[0]["event"] == "%d pieces"


def test_an_exception_is_one_line_without_the_row(stream: io.BytesIO) -> None:
    error = ValueError("duplicate key\nDETAIL:  Key (phone)=(13800131234) already exists.")
    structlog.get_logger().error("failed", exc_info=error)
    (line,) = logged(stream)
    assert "ValueError" in line["exception"]
    assert "13800131234" not in line["exception"]


def test_every_line_says_which_request_it_belongs_to(stream: io.BytesIO) -> None:
    set_correlation_id("order-17")
    with span("work", "00-" + "a" * 32 + "-" + "b" * 16 + "-01"):
        structlog.get_logger().info("inside")
    structlog.get_logger().info("outside")
    inside, outside = logged(stream)
    assert (inside["trace_id"], inside["correlation_id"], inside["service"]) == ("a" * 32, "order-17", "complaints")
    assert "trace_id" not in outside


def test_levels_below_the_setting_are_silent() -> None:
    stream = io.BytesIO()
    configure_logging("x", level="WARNING", stream=stream)
    structlog.get_logger().info("quiet")
    logging.getLogger("a").info("quiet")
    assert stream.getvalue() == b""


def test_a_client_librarys_repeated_complaint_is_told_once(stream: io.BytesIO) -> None:
    for port in range(50):
        logging.getLogger("aiokafka.client").error("Unable connect to node with id %s", port)
    logging.getLogger("aiokafka.client").error("Topic is not known")
    logging.getLogger("our.own").error("Unable connect to node with id %s", 1)
    logging.getLogger("our.own").error("Unable connect to node with id %s", 2)
    told = [line["event"] for line in logged(stream)]
    ours = "Unable connect to node with id "
    assert told == [f"{ours}0", "Topic is not known", f"{ours}1", f"{ours}2"]
