"""A service that cannot run as it is set up says so in one line and ends with 2."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

DATABASE = "postgresql://user:secret@127.0.0.1:9/complaints"
RIGHT = {
    "GUANXI_PROFILE": "development",
    "GUANXI_DATABASE_URL": DATABASE,
    "GUANXI_KAFKA": "127.0.0.1:9",
    "GUANXI_JWKS": "/keys.json",
}


def start(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Start a service for real; it is `complaints`, but all are started by the same code."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("GUANXI_")}
    command = [sys.executable, "-m", "complaints", *words]
    environment = {**others, **RIGHT, **settings}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GUANXI_DATABASE_URL", DATABASE.replace(":9/", ":abc/"), "its port must be a number from 1 to 65535"),
        ("GUANXI_DATABASE_URL", DATABASE.replace(":9/", ":99999/"), "its port must be a number from 1 to 65535"),
        ("GUANXI_DATABASE_URL", f"{DATABASE}?sslmode=bad", "its sslmode must be one of disable, allow"),
        ("GUANXI_PROFILE", "production", "GUANXI_CURSOR_KEY must be set to at least 32 characters in production"),
    ],
)
def test_a_wrong_setting_gives_one_line_and_exit_code_2(name: str, value: str, words: str) -> None:
    done = start("--port", "0", **{name: value})
    assert done.returncode == 2
    assert done.stderr.startswith("complaints: GUANXI_")
    assert done.stderr.count("\n") == 1
    assert words in done.stderr
    assert "secret" not in done.stderr


def test_a_database_that_is_away_gives_one_line_and_exit_code_2() -> None:
    done = start("--port", "0")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("complaints: cannot reach what it needs: ")


def test_a_port_that_is_taken_gives_one_line_and_exit_code_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = start("--port", str(port))
    assert done.returncode == 2
    assert done.stderr == f"complaints: cannot listen on 127.0.0.1 port {port}: Address already in use\n"


@pytest.mark.parametrize("port", ["65536", "-1", "x"])
def test_a_port_that_cannot_be_is_refused_by_the_command_line(port: str) -> None:
    done = start("--port", port)
    assert done.returncode == 2
    assert "argument --port: " in done.stderr
