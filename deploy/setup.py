"""`make setup`: a virtual environment from the lock, our packages in it, Kafka's jars in the user's cache folder.

Runs before anything is installed, so it needs nothing but the standard library.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
STAMP = VENV / ".guanxi-setup"
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


def fingerprint() -> str:
    """Digest all that decides what is installed."""
    digest = hashlib.sha256(f"{sys.version} {VENV}".encode())
    for name in ("requirements.lock", "deploy/kafka.lock", *(f"{package}/pyproject.toml" for package in PACKAGES)):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_done(wanted: str) -> bool:
    """Whether the last run installed exactly this, and the jars it fetched are still there."""
    try:
        stamp, jars = STAMP.read_text().splitlines()
    except (OSError, ValueError):
        return False
    return stamp == wanted and Path(jars).is_dir() and PYTHON.exists()


def make_venv() -> None:
    """Make the virtual environment, or make it anew when its Python is gone or is not the one asked for."""
    try:
        have = subprocess.check_output([PYTHON, "-c", "import sys; print(sys.version)"], text=True).strip()
    except (OSError, subprocess.CalledProcessError):
        have = ""
    if have != sys.version.strip():
        run(f"virtual environment, Python {sys.version.split()[0]}", sys.executable, "-m", "venv", "--clear", VENV)


def install(uv_version: str) -> None:
    """Install uv, the locked requirements and our own packages."""
    if not UV.exists():
        pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "-q")
        run(f"uv {uv_version}", *pip, f"uv=={uv_version}")
    base = (UV, "pip", "install", "--compile-bytecode", "--python", PYTHON)
    run("requirements.lock", *base, "--require-hashes", "-r", "requirements.lock")
    editable = [part for package in PACKAGES for part in ("-e", f"./{package}")]
    run("our packages", *base, "-q", "--no-deps", *editable)


def main() -> None:
    """Do what is missing."""
    wanted = fingerprint()
    if is_done(wanted):
        return
    make_venv()
    install(sys.argv[1])
    run("Kafka", PYTHON, "-m", "guanxi_local.setup", "fetch")
    jars = subprocess.check_output([PYTHON, "-m", "guanxi_local.setup", "where"], text=True).strip()
    STAMP.write_text(f"{wanted}\n{jars}\n")


if __name__ == "__main__":
    main()
