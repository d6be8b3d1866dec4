"""The command line as a person uses it, on a platform of its own."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from guanxi_local.children import Child, Records
from guanxi_local.testservers import TestServers

pytestmark = pytest.mark.timeout(240)
READY_S = 90.0


class Shell:
    """Runs `guanxi` with a state folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.records = Records(root)

    def begin(self, *words: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "GUANXI_STATE": str(self.root)}
        command = [sys.executable, "-m", "guanxi_local", *words]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *words: str, code: int = 0) -> str:
        with self.begin(*words) as running:
            out, err = running.communicate(timeout=200)
        assert running.returncode == code, out + err
        return out if code == 0 else err

    def children(self) -> list[Child]:
        return [child for child in map(self.records.recall, self.records.names()) if child]

    def wait_for(self, name: str) -> Child:
        deadline = time.monotonic() + READY_S
        while (child := self.records.recall(name)) is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return child

    def kill(self, name: str) -> None:
        child = self.records.recall(name)
        assert child is not None
        child.stop(signal.SIGKILL, 5)

    def wait_until_all_is_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while True:
            try:
                self.run("status")
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
            else:
                return


@pytest.fixture(scope="module")
def shell(servers: TestServers) -> Iterator[Shell]:
    shell = Shell(servers.state.root / f"lifecycle-{secrets.token_hex(4)}")
    yield shell
    shell.run("reset", "--yes")


@pytest.fixture
def up(shell: Shell) -> Shell:
    """The platform is up when the test begins, whatever the last one did to it."""
    shell.run("up")
    return shell


def test_all_is_ready_when_up_returns_and_programs_learn_the_addresses(up: Shell) -> None:
    addresses = json.loads(up.run("status", "--json"))
    assert set(addresses) == {"gateway", "services", "kafka", "postgres"}
    assert len(addresses["services"]) == 5
    for url in (addresses["gateway"], *addresses["services"].values()):
        with urlopen(f"{url}/readyz", timeout=5) as answer:
            assert answer.status == 200


def test_a_second_up_changes_nothing(up: Shell) -> None:
    before, addresses = up.children(), up.run("status", "--json")
    port = json.loads(addresses)["gateway"].rsplit(":", 1)[1]
    assert "Already up" in up.run("up")
    assert "Already up" in up.run("up", "--port", port)
    line = up.run("up", "--port", "1234", code=2)
    assert (
        line == f"guanxi: the platform is up already, at port {port}; guanxi down first, then guanxi up --port 1234\n"
    )
    assert (up.children(), up.run("status", "--json")) == (before, addresses)


@pytest.mark.parametrize("name", ["complaints", "gateway", "postgres", "kafka"])
def test_what_is_killed_comes_back_by_itself(up: Shell, name: str) -> None:
    up.kill(name)
    up.wait_until_all_is_ready()
    assert f"{name} is gone" in up.run("logs", "supervisor")


def test_a_supervisor_that_was_killed_is_replaced_and_data_and_ports_stay(up: Shell) -> None:
    before = up.run("status", "--json")
    up.kill("supervisor")
    assert "not up" in up.run("status", "--json", code=2)
    up.run("up")
    assert up.run("status", "--json") == before


def test_down_stops_everything_even_without_a_supervisor(up: Shell) -> None:
    children = up.children()
    up.kill("supervisor")
    # Started by it, and not in a record yet.
    up.records.forget("kafka")
    up.run("down")
    assert len(children) == 10
    assert not any(child.alive for child in children)
    assert up.run("down") == "Nothing was running.\n"
    assert up.run("status", "--json", code=2) == "guanxi: the platform is not up; start it with guanxi up\n"


def test_ctrl_c_stops_everything_whenever_it_comes(shell: Shell) -> None:
    # Where tests run in the background of a script Ctrl-C is ignored, and would be by whatever they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with shell.begin("up", "--foreground") as running:
        assert running.stdout is not None
        while "Ctrl-C stops everything." not in running.stdout.readline():
            assert running.poll() is None
        children = shell.children()
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=100)
    assert running.returncode == 0
    for words in (("up",), ("up", "--foreground")):
        with shell.begin(*words) as running:
            shell.wait_for("kafka")
            children += shell.children()
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=100)
        assert running.returncode not in (0, 2)
    assert len(children) > 10
    assert not any(child.alive for child in children)


def test_a_start_that_cannot_be_says_why_in_one_line_and_leaves_nothing_running(shell: Shell) -> None:
    shell.run("down")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        line = shell.run("up", "--port", str(port), code=2)
    assert line == f"guanxi: port {port} is taken by another program; choose another or leave --port away\n"
    broker = shell.root / "kafka"
    aside = broker.exists() and broker.rename(shell.root / "aside")
    broker.write_text("in the way")
    try:
        line = shell.run("up", code=2)
    finally:
        broker.unlink()
        if aside:
            aside.rename(broker)
    assert line.startswith(f"guanxi: Kafka cannot be started in {broker}")
    assert line.count("\n") == 1
    assert shell.run("down") == "Nothing was running.\n"


def test_records_of_a_machine_that_was_switched_off_are_no_error(shell: Shell) -> None:
    shell.run("down")
    for name in ("supervisor", "gateway", "postgres", "kafka", "scoring"):
        shell.records.remember(name, Child(os.getpid(), "another boot 1"))
    (shell.root / "progress.jsonl").write_text('{"step": "platform", "state": "up", "at": 1.0, "detail": ""}\n')
    shell.run("up")
    assert shell.run("status").count("ready") >= 8


def test_logs_end_quietly_when_nobody_reads_on(up: Shell) -> None:
    with up.begin("logs") as running:
        assert running.stdout is not None
        running.stdout.close()
        assert running.stderr is not None
        assert running.stderr.read() == ""


def test_a_token_is_printed_bare(shell: Shell) -> None:
    token = shell.run("token", "--unit", "dealer-17", "--scope", "reports:publish", "--source", "dealer-17")
    assert token.count(".") == 2
    assert token.strip() == token.rstrip("\n")
    assert token.count("\n") == 1


def test_the_log_of_nobody_names_those_that_exist(shell: Shell) -> None:
    assert "there is no log of nobody; there are: " in shell.run("logs", "nobody", code=2)
