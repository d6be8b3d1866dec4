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
from guanxi_local.failures import Failure, of_os
from guanxi_local.files import locked, remove_tree, write_atomically
from guanxi_local.ports import PortFile

_ROOTS_OWN = Path("/var/lib/guanxi-local")
_MARKER = ".guanxi-state"
_OURS = (
    "postgres", "postgres.new", "postgres.password", "kafka", "logs", "run", "ports.json", "passwords.json",
    "issuer-key.json", "issuer-key.new", "jwks.json", "progress.jsonl", "mail", "demo",
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
        return Records(self.root)

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
    try:
        return dict(json.loads(path.read_text())) if path.exists() else {}
    except (ValueError, TypeError) as error:
        message = f"{path} is damaged; bring it back from a copy, or start over with guanxi reset"
        raise Failure(message) from error


def wanted_root() -> Path:
    """Give the folder that was asked for: $GUANXI_STATE, else `.local` in the checkout."""
    asked = os.environ.get("GUANXI_STATE")
    return Path(asked).expanduser().resolve() if asked else _default_root()


def _default_root() -> Path:
    return checkout() / ".local"


def open_state(root: Path | None = None) -> tuple[State, str | None]:
    """Make the folder, or find another when the server's account cannot pass to it; the note says so in one line."""
    asked = root or wanted_root()
    account = server_account()
    try:
        folder = _reachable(asked, account)
        _claim(folder)
        for name in ("logs", "run"):
            (folder / name).mkdir(exist_ok=True)
    except OSError as error:
        doing = f"the state folder {asked} cannot be used"
        raise of_os(error, doing) from error
    if folder == asked:
        return State(folder, account), None
    note = f"State is kept in {folder}: {account.name if account else ''} cannot pass to {asked}."
    return State(folder, account), note


def _reachable(asked: Path, account: Account | None) -> Path:
    # The second is under a folder only root may write to, so that nobody can have prepared the name before us.
    for folder in (asked, _ROOTS_OWN / hashlib.sha256(str(asked).encode()).hexdigest()[:12]):
        _make(folder, account)
        if can_reach(account, folder):
            return folder
    message = f"{account.name if account else ''} can pass neither to {asked} nor to {_ROOTS_OWN}; set GUANXI_STATE"
    raise Failure(message)


def _make(folder: Path, account: Account | None) -> None:
    """Make a folder with those above it; only what is made here gets a mode, and gets it whatever the umask is."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        path.chmod(0o711 if account else 0o700)


def _claim(folder: Path) -> None:
    """Mark a folder as the runner's; one that holds other things is refused, for a reset deletes what lies in it."""
    marker = folder / _MARKER
    holds_others = folder != _default_root() and any(path.name != _MARKER for path in folder.iterdir())
    # Looked for last: another command may be claiming the same folder.
    if marker.exists():
        return
    if holds_others:
        message = f"{folder} holds other things; set GUANXI_STATE to a folder that is empty or does not exist yet"
        raise Failure(message)
    marker.write_text("The local runner of Guanxi keeps its state in this folder.\n")


def reset(state: State) -> None:
    """Delete what the runner made, and nothing else: a person may have put other things beside it."""
    for path in (*(state.root / name for name in _OURS), *state.root.glob("server*"), *state.root.glob("*.lock")):
        if path.is_dir() and not path.is_symlink():
            remove_tree(path)
        else:
            path.unlink(missing_ok=True)
    with suppress(OSError):
        if {path.name for path in state.root.iterdir()} <= {_MARKER}:
            remove_tree(state.root)
