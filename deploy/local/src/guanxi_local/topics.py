"""The topic table `deploy/topics.yaml`, read into specifications with an installation's prefix."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from guanxi.bus.topics import TopicSpec
from guanxi_local.checkout import checkout


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    partitions: int
    retention_hours: int | None = None
    compacted: bool = False


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")
    topics: list[_Row]


def read_topics(prefix: str = "", path: Path | None = None) -> list[TopicSpec]:
    """Give every topic of an installation under its full name."""
    table = _Table.model_validate(yaml.safe_load((path or checkout() / "deploy" / "topics.yaml").read_text()))
    return [TopicSpec(prefix + row.name, row.partitions, row.retention_hours, row.compacted) for row in table.topics]
