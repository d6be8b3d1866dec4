"""`make setup`: a virtual environment from the lock, our packages in it, Kafka's jars in the user's cache folder.

Runs before anything is installed, so it needs nothing but the standard library.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
STAMP = VENV / ".guanxi-setup"
RUNNER = ROOT / "deploy" / "local" / "src"
QUIET = {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
PACKAGES = (
    "shared",
    "services/customer-profile",
    "services/interactions",
    "services/complaints",
    "services/scoring",
    "services/notifications",
    "deploy/local",
)


def fail(line: str) -> NoReturn:
    """Say why in one line and end with 2."""
    sys.stderr.write(f"setup: {line}\n")
    sys.exit(2)


def run(what: str, *command: str | Path) -> None:
    """Run a step; its own output is the progress."""
    sys.stdout.write(f"-- {what}\n")
    sys.stdout.flush()
    try:
        code = subprocess.call(command, cwd=ROOT)
    except OSError as error:
        fail(f"{what}: {error}")
    if code != 0:
        fail(f"{what} failed (see above); once the cause is gone, run make setup again")


def output(*command: str | Path) -> str:
    """Give what a program prints, empty when it cannot be run or fails."""
    try:
        return subprocess.check_output(command, text=True, stderr=subprocess.DEVNULL).strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def fingerprint(uv_version: str) -> str:
    """Digest all that decides what is installed."""
    digest = hashlib.sha256(f"{sys.version} {VENV} {uv_version}".encode())
    for name in ("requirements.lock", *(f"{package}/pyproject.toml" for package in PACKAGES)):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_installed(wanted: str) -> bool:
    """Whether the last run installed exactly this, and it is still there."""
    try:
        stamp = STAMP.read_text().strip()
    except OSError:
        return False
    return stamp == wanted and PYTHON.exists()


def has_jars() -> bool:
    """Whether Kafka's jars lie in the cache of whoever asks; the module that knows needs nothing installed either."""
    sys.path.insert(0, str(RUNNER))
    from guanxi_local.jars import is_complete, lock_file, read_lock  # noqa: PLC0415 - only now is it found

    return is_complete(read_lock(lock_file()))


def is_venv_ours() -> bool:
    """Whether the virtual environment was made at this place, by this Python: a copied or moved one runs another's."""
    try:
        settings = (VENV / "pyvenv.cfg").read_text().splitlines()
    except OSError:
        return False
    made_here = any(line.startswith("command = ") and line.endswith(f" {VENV}") for line in settings)
    return made_here and output(PYTHON, "-c", "import sys; print(sys.version)") == sys.version.strip()


def make_venv() -> None:
    """Make the virtual environment, without pip: not every Python can put one in."""
    command = (sys.executable, "-m", "venv", "--clear", "--without-pip", VENV)
    run(f"virtual environment, Python {sys.version.split()[0]}", *command)


def installers() -> Iterator[Sequence[str | Path]]:
    """Give, best first, the commands of this machine that can install a package."""
    if output(sys.executable, "-m", "pip", "--version"):
        yield sys.executable, "-m", "pip"
    own = shutil.which("uv")
    if own:
        yield own, "pip"
    if importlib.util.find_spec("ensurepip") and output(PYTHON, "-m", "ensurepip"):
        yield PYTHON, "-m", "pip"


def bring_uv(version: str) -> None:
    """Put that version of uv into the virtual environment, by whatever can; nothing is left behind when nothing can."""
    if output(UV, "--version").split()[1:2] == [version]:
        return
    sys.stdout.write(f"-- uv {version}\n")
    sys.stdout.flush()
    found = False
    for installer in installers():
        found = True
        # A folder of its own, not the virtual environment: every pip can do that, and uv is one file.
        with tempfile.TemporaryDirectory(dir=VENV) as folder:
            code = subprocess.call(
                [*installer, "install", "-q", "--target", folder, f"uv=={version}"],
                env={**os.environ, **QUIET},
            )
            fresh = Path(folder) / "bin" / "uv"
            if code == 0 and fresh.exists():
                fresh.replace(UV)
                return
    if found:
        fail("uv could not be installed (see above); once the cause is gone, run make setup again")
    shutil.rmtree(VENV)
    fail("this Python has neither pip nor ensurepip and there is no uv; install python3-venv or pip, then make setup")


def install() -> None:
    """Install the locked requirements and our own packages; what the lock has no more goes."""
    base = (UV, "pip")
    options = ("--compile-bytecode", "--python", PYTHON)
    run("requirements.lock", *base, "sync", *options, "--require-hashes", "requirements.lock")
    editable = [part for package in PACKAGES for part in ("-e", f"./{package}")]
    run("our packages", *base, "install", *options, "-q", "--no-deps", *editable)


def main() -> None:
    """Do what is missing."""
    uv_version = sys.argv[1]
    wanted = fingerprint(uv_version)
    if not is_installed(wanted):
        STAMP.unlink(missing_ok=True)
        if not is_venv_ours():
            make_venv()
        bring_uv(uv_version)
        install()
        STAMP.write_text(f"{wanted}\n")
    if not has_jars():
        run("Kafka", PYTHON, "-m", "guanxi_local.setup", "fetch")


if __name__ == "__main__":
    main()
