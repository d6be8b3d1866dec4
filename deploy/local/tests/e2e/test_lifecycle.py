"""The command line as a person uses it, on a platform of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from guanxi_local.children import Records

pytestmark = pytest.mark.timeout(240)
READY_S = 30.0


class Shell:
    """Runs `guanxi` with a state folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.records = Records(root / "run")

    def run(self, *words: str, code: int = 0) -> str:
        environment = {**os.environ, "GUANXI_STATE": str(self.root)}
        command = [sys.executable, "-m", "guanxi_local", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=200)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stderr

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
def shell() -> Iterator[Shell]:
    with tempfile.TemporaryDirectory(prefix="guanxi-own-") as name:
        Path(name).chmod(0o711)
        shell = Shell(Path(name) / "state")
        yield shell
        shell.run("reset", "--yes")


@pytest.fixture
def up(shell: Shell) -> Shell:
    """The platform is up when the test begins, whatever the last one did to it."""
    shell.run("up")
    return shell


def test_before_it_is_up_one_line_says_so(shell: Shell) -> None:
    shell.run("down")
    assert shell.run("status", "--json", code=2) == "guanxi: the platform is not up; start it with guanxi up\n"


def test_all_is_ready_when_up_returns_and_programs_learn_the_addresses(up: Shell) -> None:
    addresses = json.loads(up.run("status", "--json"))
    assert set(addresses) == {"gateway", "services", "kafka", "postgres"}
    assert len(addresses["services"]) == 5
    for url in (addresses["gateway"], *addresses["services"].values()):
        with urlopen(f"{url}/readyz", timeout=5) as answer:
            assert answer.status == 200


def test_a_second_up_changes_nothing(up: Shell) -> None:
    before = [up.records.recall(name) for name in up.records.names()]
    assert "Already up" in up.run("up")
    assert [up.records.recall(name) for name in up.records.names()] == before


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
    children = [up.records.recall(name) for name in up.records.names()]
    up.kill("supervisor")
    up.run("down")
    assert children
    assert not any(child.alive for child in children if child)


def test_records_of_a_machine_that_was_switched_off_are_no_error(shell: Shell) -> None:
    shell.run("down")
    for name in ("supervisor", "gateway", "postgres", "kafka", "scoring"):
        (shell.root / "run" / f"{name}.json").write_text(json.dumps({"pid": os.getpid(), "started": 1.0}))
    (shell.root / "progress.jsonl").write_text('{"step": "platform", "state": "up", "at": 1.0, "detail": ""}\n')
    shell.run("up")
    shell.run("status")


def test_a_token_is_printed_bare(shell: Shell) -> None:
    token = shell.run("token", "--unit", "dealer-17", "--scope", "reports:publish", "--source", "dealer-17")
    assert token.count(".") == 2
    assert token.strip() == token.rstrip("\n")
    assert token.count("\n") == 1


def test_a_port_of_ones_own_that_is_taken_gives_one_line(shell: Shell) -> None:
    shell.run("up")
    taken = json.loads(shell.run("status", "--json"))["services"]["complaints"].rsplit(":", 1)[1]
    shell.run("down")
    with subprocess.Popen(
        [sys.executable, "-m", "http.server", "-b", "127.0.0.1", taken], stderr=subprocess.DEVNULL
    ) as other:
        time.sleep(1)
        try:
            line = shell.run("up", "--port", taken, code=2)
        finally:
            other.kill()
    assert line.count("\n") == 1
    assert f"port {taken} is taken" in line


def test_the_log_of_nobody_names_those_that_exist(shell: Shell) -> None:
    assert "there is no log of nobody; there are: " in shell.run("logs", "nobody", code=2)
