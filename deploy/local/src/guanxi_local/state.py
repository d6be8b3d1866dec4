"""The folder in which one installation keeps its data, logs, ports, passwords and process records."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from guanxi_local.accounts import Account, can_reach, server_account
from guanxi_local.checkout import checkout
from guanxi_local.children import Records
from guanxi_local.failures import of_os
from guanxi_local.files import locked, remove_tree, write_atomically
from guanxi_local.ports import PortFile

_ROOTS_OWN = Path("/var/lib/guanxi-local")
_OURS = (
    "postgres", "postgres.new", "postgres.password", "server", "server.new", "kafka", "logs", "run",
    "ports.json", "passwords.json", "issuer-key.json", "jwks.json", "progress.jsonl", "mail", "demo",
)  # fmt: skip


@dataclass(frozen=True)
class State:
    """Where everything of one installation lies."""

    root: Path
    account: Account | None = None

    @property
    def logs(self) -> Path:
        """The folder of the log files, one for each process."""
        return self.root / "logs"

    @property
    def ports(self) -> PortFile:
        """The ports that were chosen."""
        return PortFile(self.root / "ports.json")

    @property
    def records(self) -> Records:
        """The processes that were started."""
        return Records(self.root / "run")

    @property
    def jwks(self) -> Path:
        """The public keys of the development issuer, which the services read."""
        return self.root / "jwks.json"

    @property
    def signing_key(self) -> Path:
        """The private key of the development issuer."""
        return self.root / "issuer-key.json"

    def passwords(self, names: Collection[str]) -> dict[str, str]:
        """Give the generated password of each name, making those that are missing; the file is for its owner only."""
        path = self.root / "passwords.json"
        known = _read_passwords(path)
        if not set(names) <= known.keys():
            # Threads and processes ask at once: whoever comes second must not draw again what the first has given out.
            with locked(self.root / "passwords.lock"):
                known = _read_passwords(path)
                known |= {name: secrets.token_urlsafe(24) for name in names if name not in known}
                write_atomically(path, json.dumps(known, indent=2) + "\n", mode=0o600)
        return known


def _read_passwords(path: Path) -> dict[str, str]:
    return dict(json.loads(path.read_text())) if path.exists() else {}


def wanted_root() -> Path:
    """Give the folder that was asked for: $GUANXI_STATE, else `.local` in the checkout."""
    asked = os.environ.get("GUANXI_STATE")
    return Path(asked).expanduser().resolve() if asked else checkout() / ".local"


def open_state(root: Path | None = None) -> tuple[State, str | None]:
    """Make the folder, or find another when the server's account cannot pass to it; the note says so in one line."""
    asked = root or wanted_root()
    account = server_account()
    note = None
    try:
        asked.mkdir(parents=True, exist_ok=True)
        if not can_reach(account, asked):
            elsewhere = _elsewhere(asked)
            note = f"State is kept in {elsewhere}: {account.name if account else ''} cannot pass to {asked}."
            asked = elsewhere
        asked.chmod(0o711 if account else 0o700)
        for name in ("logs", "run"):
            (asked / name).mkdir(exist_ok=True)
    except OSError as error:
        doing = f"the state folder {asked} cannot be used"
        raise of_os(error, doing) from error
    return State(asked, account), note


def _elsewhere(asked: Path) -> Path:
    # Under a folder only root may write to, so that nobody can have prepared the name before us.
    folder = _ROOTS_OWN / hashlib.sha256(str(asked).encode()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def reset(state: State) -> None:
    """Delete what the runner made, and nothing else: the folder may have been set to one that holds other things."""
    for name in _OURS:
        path = state.root / name
        if path.is_dir():
            remove_tree(path)
        else:
            path.unlink(missing_ok=True)
    for path in state.root.glob("*.lock"):
        path.unlink()
    with suppress(OSError):
        state.root.rmdir()
