"""`make setup`: a virtual environment from the lock, our packages in it, Kafka's jars in the user's cache folder.

Runs on any Python, to be able to say that it is too old; needs nothing but the standard library.
"""

import hashlib
import os
import subprocess
import sys

FLOOR = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
UV = os.path.join(VENV, "bin", "uv")
STAMP = os.path.join(VENV, ".guanxi-setup")
PACKAGES = (
    "shared",
    "services/customer-profile",
    "services/interactions",
    "services/complaints",
    "services/scoring",
    "services/notifications",
    "deploy/local",
)


def fail(line):
    """Say why in one line and end with 2."""
    sys.stderr.write("setup: %s\n" % line)
    sys.exit(2)


def run(what, *command):
    """Run a step; its own output is the progress."""
    print("-- " + what, flush=True)
    try:
        code = subprocess.call(command, cwd=ROOT)
    except OSError as error:
        fail("%s: %s" % (what, error))
    if code != 0:
        fail("%s failed (see above); once the cause is gone, run make setup again" % what)


def fingerprint():
    """Digest all that decides what is installed."""
    digest = hashlib.sha256(("%s %s" % (sys.version, VENV)).encode())
    for name in ["requirements.lock", "deploy/kafka.lock", "pyproject.toml"] + [p + "/pyproject.toml" for p in PACKAGES]:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def is_done(wanted):
    """Whether the last run installed exactly this, and the jars it fetched are still there."""
    try:
        with open(STAMP) as file:
            stamp, jars = file.read().split("\n")[:2]
    except (OSError, ValueError):
        return False
    return stamp == wanted and os.path.isdir(jars) and os.path.exists(PYTHON)


def make_venv():
    """Make the virtual environment, or make it anew when its Python is gone or is not the one asked for."""
    try:
        have = subprocess.check_output([PYTHON, "-c", "import sys; print(sys.version)"]).decode().strip()
    except (OSError, subprocess.CalledProcessError):
        have = ""
    if have != sys.version:
        run("virtual environment (%s)" % sys.version.split()[0], sys.executable, "-m", "venv", "--clear", VENV)


def install(uv_version):
    """Install uv, the locked requirements and our own packages."""
    if not os.path.exists(UV):
        pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        run("uv " + uv_version, *(pip + ["uv==" + uv_version]))
    base = [UV, "pip", "install", "--python", PYTHON]
    run("requirements.lock", *(base + ["--require-hashes", "-r", "requirements.lock"]))
    editable = [part for package in PACKAGES for part in ("-e", "./" + package)]
    run("our packages", *(base + ["-q", "--no-deps"] + editable))


def main():
    """Do what is missing."""
    if sys.version_info < FLOOR:
        fail("Python %d.%d or newer is needed, this is %s; set PYTHON=python3.12 or the like" % (*FLOOR, sys.version.split()[0]))
    wanted = fingerprint()
    if is_done(wanted):
        return
    make_venv()
    install(sys.argv[1])
    run("Kafka", PYTHON, "-m", "guanxi_local.setup", "fetch")
    jars = subprocess.check_output([PYTHON, "-m", "guanxi_local.setup", "where"]).decode().strip()
    with open(STAMP, "w") as file:
        file.write("%s\n%s\n" % (wanted, jars))


if __name__ == "__main__":
    main()
