"""What goes wrong on a machine is told in one line that says what to do."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from guanxi_local.failures import Failure, of_any, of_os, of_program

LOG = Path("/x/kafka.log")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "permission denied"),
        (errno.EROFS, "read-only"),
        (errno.EADDRINUSE, "taken by another program"),
        (errno.EMFILE, "Too many open files"),
    ],
)
def test_errors_of_the_system_say_what_was_attempted_and_why_it_failed(number: int, words: str) -> None:
    text = str(of_os(OSError(number, "Too many open files", "/x/data"), "Kafka cannot be started"))
    assert text.startswith("Kafka cannot be started (/x/data): ")
    assert words in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("initdb: error: could not write file: No space left on device\nchild exited", "the disk is full"),
        ("FATAL: could not bind: Address already in use\nHINT: ...", "its port was taken"),
        ("[Errno 98] error while attempting to bind: address already in use", "its port was taken"),
        ("mkdir: Permission denied", "permission denied"),
        ("starting\nsomething else broke\n\n", "something else broke"),
        ("", "it wrote nothing"),
    ],
)
def test_a_server_that_does_not_start_is_quoted_with_its_log(output: str, words: str) -> None:
    text = str(of_program("Kafka", output, LOG))
    assert words in text
    assert text.endswith(f"(log: {LOG})")
    assert "\n" not in text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Failure("itself"), "itself"),
        (OSError(errno.ENOSPC, "No space left on device"), "it cannot be done: the disk is full"),
        (RuntimeError("could not extend file: No space left on device"), "it cannot be done: the disk is full"),
        (TimeoutError(), "it cannot be done: TimeoutError"),
        (ValueError("a\nb"), "it cannot be done: ValueError: a b"),
    ],
)
def test_whatever_goes_wrong_is_one_line(error: Exception, words: str) -> None:
    text = str(of_any(error, "it cannot be done"))
    assert text.startswith(words)
    assert "\n" not in text
