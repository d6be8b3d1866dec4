"""A local SMTP server that keeps every message as a file: the platform's mail on a machine without a mail server.

`python -m guanxi_local.mailbox --port N --folder DIR`. It takes everything and sends nothing on.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from aiosmtpd.smtp import SMTP, Envelope, Session

from guanxi_local.ports import HOST

NAME = "mailbox"


class Keeper:
    """Writes each message to a file of its own, `<nanoseconds>-<recipient>.eml`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep one message."""
        to = "".join(c if c.isalnum() or c in "@.-_" else "_" for c in ",".join(envelope.rcpt_tos))[:120]
        content = envelope.content or b""
        with self._new_file(to) as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return "250 kept"

    def _new_file(self, to: str) -> BinaryIO:
        while True:
            # The clock of some machines stands still between two messages.
            with suppress(FileExistsError):
                return (self._folder / f"{time.time_ns()}-{to}.eml").open("xb")


def command(port: int, folder: Path) -> list[str]:
    """The command that runs it."""
    return [sys.executable, "-m", "guanxi_local.mailbox", "--port", str(port), "--folder", str(folder)]


def settings(port: int) -> dict[str, str]:
    """What the services are told of it; nobody waits for the morning on a developer's machine."""
    return {"GUANXI_SMTP_URL": f"smtp://{HOST}:{port}", "GUANXI_QUIET_HOURS": "off"}


async def serve(port: int, folder: Path) -> None:
    """Serve until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    keeper = Keeper(folder)
    server = await loop.create_server(lambda: SMTP(keeper, hostname=HOST, enable_SMTPUTF8=True), HOST, port)
    async with server:
        await stopped.wait()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m guanxi_local.mailbox")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(options.port, options.folder))


if __name__ == "__main__":
    main()
