"""One platform for all tests of the first hour: the demo is played on it once, as a stranger would."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from support.shell import Shell
from support.told import Told


@pytest.fixture(scope="session")
def shell() -> Iterator[Shell]:
    """A stranger's checkout: nothing has been started in it."""
    with tempfile.TemporaryDirectory(prefix="guanxi-hour-") as name:
        Path(name).chmod(0o711)
        shell = Shell(Path(name) / "state")
        yield shell
        shell.run("reset", "--yes")


@pytest.fixture(scope="session")
def told(shell: Shell) -> Told:
    """The demo was played to its end; a step that does not come about fails here, with its name."""
    return Told(shell.run("demo", seconds=400))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def admin(shell: Shell, told: Told) -> AsyncIterator[httpx.AsyncClient]:
    """A head-office administrator on the platform that the demo has left up."""
    assert told.text
    async with shell.client() as client:
        yield client
