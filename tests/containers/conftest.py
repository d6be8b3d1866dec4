"""One installation for all tests of this folder; nothing of it is left at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from containers.installation import Installation, engine_trouble, say
from guanxi_local.ports import PortFile


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and skip them where nothing can run in containers."""
    mine = [item for item in items if Path(__file__).parent in item.path.parents]
    trouble = engine_trouble() if mine else None
    for item in mine:
        item.add_marker(pytest.mark.containers)
        # Each may be the one that builds and starts everything.
        item.add_marker(pytest.mark.timeout(1500))
        if trouble:
            item.add_marker(pytest.mark.skip(reason=trouble))


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The platform in containers, ready."""
    folder = tmp_path_factory.mktemp("containers")
    ports = PortFile(folder / "ports.json").settle(["gateway", "kafka"]).values()
    made = Installation(folder, ports)
    try:
        made.compose("build", "-q")
        began = time.monotonic()
        made.compose("up", "--wait")
        say(f"from nothing to ready: {time.monotonic() - began:.0f} s")
        yield made
    finally:
        made.compose("--profile", "*", "down", "-v", "--remove-orphans")
    labelled = f"label=com.docker.compose.project={made.project}"
    for kind in ("container", "volume", "network"):
        everything = ["--all"] if kind == "container" else []
        assert made.run("docker", kind, "ls", "-q", *everything, "--filter", labelled) == "", f"a {kind} is left"
