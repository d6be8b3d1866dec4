"""The account PostgreSQL runs under: our own, or an unprivileged one when we are root, which the server refuses."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from guanxi_local.failures import Failure

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """An account of this machine."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """Give the account to switch to for the database server; None when our own will do."""
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    message = "PostgreSQL refuses to run as root and there is no account postgres or nobody; add one or run as a user"
    raise Failure(message)


def can_reach(account: Account | None, path: Path) -> bool:
    """Say whether that account may pass to an existing folder: tried, not computed, so that ACLs count too."""
    if account is None:
        return True
    probe = subprocess.run(
        ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(path)],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        check=False,
    )
    return probe.returncode == 0


def give(account: Account | None, path: Path) -> None:
    """Make that account the owner of one folder or file."""
    if account is not None:
        os.chown(path, account.uid, account.gid)
