"""The real files: where they lie, what they hold by a plain count of their rows, and what an import of one led to."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import httpx

from guanxi_local import sources
from guanxi_local.imports.command import MAPPINGS
from guanxi_local.imports.effects import Onlooker
from guanxi_local.imports.events import RowTally
from guanxi_local.imports.mapping import load
from guanxi_local.imports.reconcile import Account, EventTally
from guanxi_local.imports.run import run_import
from guanxi_local.testplatform import TestPlatform
from support.databases import READERS, value

VARIABLE = "GUANXI_DATA"
_TELL_S = 5.0


@dataclass(frozen=True)
class RealFile:
    """A file and the columns by which its rows are told apart."""

    name: str
    file: str
    mapping: str
    event: str
    """Rows that agree here are one event."""
    customer: str | None
    """The customer's name at the sender; None where the file names nobody."""
    slice: int
    """So many rows are enough for a short test."""
    needs: tuple[str, ...] = ()
    """Without a value in any of these columns an event is refused."""
    refusal: str = ""
    """The field and the code under which it is."""

    def path(self) -> Path:
        """Where it lies."""
        return Path(os.environ[VARIABLE]) / self.file

    def missing(self) -> str:
        """Why it cannot be read; empty when it can."""
        if not os.environ.get(VARIABLE):
            return f"{VARIABLE} is not set: name the folder of the real data sets"
        return "" if self.path().is_file() else f"{VARIABLE}={os.environ[VARIABLE]} has no {self.file}"

    def cut(self, folder: Path) -> Path:
        """Its first rows as a file of their own, in the same format."""
        made = folder / Path(self.file).name
        with _reading(self.path()) as source, gzip.open(made, "wt", encoding="utf-8", newline="") as target:
            csv.writer(target).writerows(islice(csv.reader(source), self.slice + 1))
        return made

    def expected(self, path: Path) -> Expected:
        """What a plain count says that an import must come to."""
        rows, events = 0, dict[str, dict[str, str]]()
        with _reading(path) as source:
            for row in csv.DictReader(source):
                rows += 1
                events[row[self.event]] = row
        good = [row for row in events.values() if not self.needs or any(row[column] for column in self.needs)]
        customers = {row[self.customer] for row in good} if self.customer else set()
        return Expected(rows, len(events), len(events) - len(good), len(customers))


@dataclass(frozen=True)
class Expected:
    """Rows, the events they become, those of them that are refused, and the customers that the others name."""

    rows: int
    events: int
    refused: int
    customers: int


FILES = (
    RealFile(
        name="retail",
        file="online_retail/online_retail.csv.gz",
        mapping="online_retail",
        event="InvoiceNo",
        customer="CustomerID",
        slice=1500,
        needs=("CustomerID",),
        refusal="data.external_customer: missing",
    ),
    RealFile(
        name="bank",
        file="cfpb_bank_complaints/complaints.csv.gz",
        mapping="cfpb_bank_complaints",
        event="Complaint ID",
        customer=None,
        slice=800,
    ),
    RealFile(
        name="citizens",
        file="zh_citizen_messages/messages_with_votes.csv.gz",
        mapping="zh_citizen_messages",
        event="留言编号",
        customer="留言用户",
        slice=400,
    ),
    RealFile(
        name="persons",
        file="er_febrl/febrl3.csv.gz",
        mapping="er_febrl",
        event="rec_id",
        customer="rec_id",
        slice=500,
        needs=("given_name", "surname"),
        refusal="data.name: missing",
    ),
)


@dataclass
class Pace:
    """How fast it goes, told from time to time."""

    name: str
    tell: Callable[[str], None]
    began: float = field(default_factory=time.monotonic)
    sent: int = 0
    answered: float = 0.0
    """When the last batch was answered, in seconds since it began."""
    told: float = 0.0

    def show(self, rows: RowTally, events: EventTally) -> None:
        """Take note of where the import is."""
        now = time.monotonic() - self.began
        if events.sent != self.sent:
            self.sent, self.answered = events.sent, now
        if now - self.told >= _TELL_S:
            self.told = now
            self.tell(
                f"{self.name}: {now:4.0f} s, {rows.read:,} rows, {events.sent:,} events, {events.rejected:,} refused"
            )


@dataclass(frozen=True)
class Replay:
    """An import and what it took, in seconds."""

    account: Account
    sending: float
    settling: float

    @property
    def rate(self) -> float:
        """Events a second, from the first row read to the last batch answered."""
        return self.account.events.sent / self.sending


async def register(platform: TestPlatform, name: str) -> str:
    """A publisher with a unit of its own, ready to send."""
    source = f"{name}-{secrets.token_hex(3)}"
    await asyncio.to_thread(sources.add, platform.gateway, platform.token(), source, source)
    return source


async def replay(
    platform: TestPlatform, real: RealFile, path: Path, source: str, tell: Callable[[str], None]
) -> Replay:
    """Import a file as `guanxi import` does: with the publisher's token, watched with an operator's."""
    return await asyncio.to_thread(_replay, platform, real, path, source, tell)


def _replay(platform: TestPlatform, real: RealFile, path: Path, source: str, tell: Callable[[str], None]) -> Replay:
    mapping = load(MAPPINGS / f"{real.mapping}.toml")
    publisher = platform.token(unit=source, scopes=("reports:publish",), subject=f"import-{source}", source=source)
    overseer = platform.token(scopes=("ops:read",), subject="import")
    with _client(platform, publisher) as client, _client(platform, overseer) as eyes:
        onlooker = Onlooker(eyes, source, datetime.now(UTC))
        pace = Pace(real.name, tell)
        account = run_import(client, path, mapping, source, onlooker=onlooker, show=pace.show)
        return Replay(account, pace.answered, time.monotonic() - pace.began - pace.answered)


async def known_customers(platform: TestPlatform) -> dict[str, int]:
    """How many customers each copy of the directory knows."""
    return {name: await value(platform, name, "SELECT count(*) FROM directory_customer") for name in READERS}


async def told(platform: TestPlatform) -> dict[str, int]:
    """How much has been said to anybody: messages, whatever became of them, and alerts."""
    return {
        table: await value(platform, "notifications", f"SELECT count(*) FROM {table}") for table in ("message", "alert")
    }


def _client(platform: TestPlatform, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=platform.gateway, headers=headers, timeout=30, trust_env=False)


def _reading(path: Path) -> io.TextIOWrapper:
    return io.TextIOWrapper(gzip.open(path, "rb"), encoding="utf-8-sig", newline="")
