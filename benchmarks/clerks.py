"""Clerks who log contacts: the load of every figure about `POST /v1/interactions`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence

from benchmarks.processes.load import Ask, Load
from benchmarks.stage import Stage

CLIENTS = 16
SERVICE = "interactions"
WORDS = "Looked at the stands together; they are short of forty and will order on Friday."
_IDS = "SELECT id::text FROM directory_customer WHERE status = 'active' ORDER BY id LIMIT 300"


def customers(stage: Stage) -> list[str]:
    """Whom the contacts are with."""
    return [str(row[0]) for row in stage.sql(SERVICE, _IDS)]


def load(stage: Stage, whom: Sequence[str], lasting: float, subject: str, clients: int = CLIENTS) -> Load:
    """Contacts for so many seconds, by clerks under one name."""
    told = {"channel": "visit", "direction": "out", "content": WORDS, "outcome": "need_now"}
    return Load(
        url=stage.platform.service(SERVICE),
        token=stage.platform.token(subject=subject, scopes=["interactions:write", "interactions:read"]),
        method="POST",
        asks=[Ask(path="/v1/interactions", expect=one, body=json.dumps({"customer_id": one, **told})) for one in whom],
        clients=clients,
        seconds=lasting,
        key=f"bench-{uuid.uuid4().hex[:12]}",
    )
