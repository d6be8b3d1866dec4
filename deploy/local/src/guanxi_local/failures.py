"""Failures that a person can act on: one clear line each, because the runner is the first thing a stranger meets.

Nothing but the standard library: `make setup` loads this before anything is installed.
"""

from __future__ import annotations

import errno
from pathlib import Path

EXIT_CODE = 2


class Failure(Exception):  # noqa: N818 - not an error of the program: a line for the person at the keyboard
    """Something the person at the keyboard has to change; its text is the one line that is printed."""


def of_os(error: OSError, doing: str) -> Failure:
    """Turn an operating system's error into one line that says what was attempted, where, and what is in the way."""
    where = f" ({error.filename})" if error.filename else ""
    reasons = {
        errno.ENOSPC: "the disk is full; make room or set GUANXI_STATE to a folder on another disk",
        errno.EDQUOT: "the disk quota is used up; make room or set GUANXI_STATE to a folder on another disk",
        errno.EACCES: "permission denied; set GUANXI_STATE to a folder you may write to",
        errno.EPERM: "permission denied; set GUANXI_STATE to a folder you may write to",
        errno.EROFS: "the file system is read-only; set GUANXI_STATE to a folder you may write to",
        errno.EADDRINUSE: "the port is taken by another program",
    }
    reason = reasons.get(error.errno or 0, error.strerror or type(error).__name__)
    return Failure(f"{doing}{where}: {reason}")


# Words of servers and libraries, in lower case, and what they mean.
_SIGNS = {
    "no space left on device": "the disk is full",
    "check free disk space": "the disk is full",
    "disk quota exceeded": "the disk quota is used up",
    "permission denied": "permission denied",
    "read-only file system": "the file system is read-only",
    "address already in use": "its port was taken by another program; try again",
    "cannot allocate memory": "not enough memory",
    "could not create shared memory segment": "not enough shared memory",
    "insufficient memory for the java runtime": "not enough memory",
    "password authentication failed": "its passwords are not those in passwords.json; guanxi reset makes both anew",
}


def of_program(name: str, output: str, log: Path) -> Failure:
    """Turn what a failed server wrote into one line: the known reason, else its last words, and where the log is."""
    words = [line.strip() for line in output.splitlines() if line.strip()]
    reason = _known(output) or (words[-1][:300] if words else "it wrote nothing")
    return Failure(f"{name} did not start: {reason} (log: {log})")


def of_any(error: Exception, doing: str) -> Failure:
    """Turn whatever went wrong into one line: itself where it is one, the known reason, or the error's own words."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, OSError) and error.errno:
        return of_os(error, doing)
    words = " ".join(str(error).split())[:300]
    return Failure(f"{doing}: {_known(words) or f'{type(error).__name__}: {words}'}")


def _known(words: str) -> str | None:
    lower = words.lower()
    return next((reason for sign, reason in _SIGNS.items() if sign in lower), None)
