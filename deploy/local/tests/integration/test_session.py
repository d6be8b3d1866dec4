"""A test session of its own: what it starts ends with it, and what a killed one left behind goes with the next."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from guanxi_local.children import Child, identify
from guanxi_local.testservers import VARIABLE

pytestmark = pytest.mark.timeout(120)
TEST = """
import json, pathlib, time

def test_something(postgres, servers):
    child = servers.state.records.recall("postgres")
    seen = [child.pid, child.birth, str(servers.state.root)]
    pathlib.Path({seen!r}).write_text(json.dumps(seen))
    time.sleep({seconds})
"""


def session(folder: Path, seconds: float) -> subprocess.Popen[bytes]:
    (folder / "test_it.py").write_text(TEST.format(seen=str(folder / "seen.json"), seconds=seconds))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", VARIABLE))}
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "guanxi_local.pytest_plugin",
        "--rootdir",
        folder,
        folder,
    ]
    return subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.DEVNULL)


def seen(folder: Path) -> tuple[Child, Path]:
    """The server that the inner session started, and its folder."""
    path = folder / "seen.json"
    deadline = time.monotonic() + 60
    while not path.exists() or not path.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    pid, birth, root = json.loads(path.read_text())
    path.unlink()
    return Child(pid, birth), Path(root)


def test_servers_and_their_folder_go_when_the_session_ends(tmp_path: Path) -> None:
    with session(tmp_path, 0) as inner:
        assert inner.wait(60) == 0
    server, root = seen(tmp_path)
    assert not server.alive
    assert not root.exists()


def test_what_a_killed_session_left_behind_goes_with_the_next(tmp_path: Path) -> None:
    with session(tmp_path, 60) as inner:
        server, root = seen(tmp_path)
        inner.send_signal(signal.SIGKILL)
    assert identify(server.pid) == server
    with session(tmp_path, 0) as inner:
        assert inner.wait(60) == 0
    assert not server.alive
    assert not root.exists()
