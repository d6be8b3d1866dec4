"""What a service's migrated database depends on, as a digest: equal digests need no second migration."""

from __future__ import annotations

import hashlib

from guanxi_local.checkout import checkout
from guanxi_local.processes import Service

_SUFFIXES = (".py", ".sql", ".yaml", ".yml", ".toml", ".json", ".csv", ".j2", ".txt")


def fingerprint(service: Service) -> str:
    """Digest the service and the shared library: migrations seed from files and enter the names of consumers too."""
    root = checkout()
    digest = hashlib.sha256()
    for folder in (root / "services" / service.name, root / "shared" / "src"):
        for path in sorted(folder.rglob("*")):
            if path.suffix in _SUFFIXES and "tests" not in path.relative_to(folder).parts:
                digest.update(str(path.relative_to(root)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
