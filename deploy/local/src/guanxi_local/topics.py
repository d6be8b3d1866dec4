"""The topic table `deploy/topics.yaml`, read into specifications with an installation's prefix."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from guanxi.bus.topics import TopicSpec
from guanxi_local.checkout import checkout
from guanxi_local.table_errors import of_table


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
    path = path or checkout() / "deploy" / "topics.yaml"
    try:
        table = _Table.model_validate(yaml.safe_load(path.read_text()))
    except (ValueError, yaml.YAMLError) as error:
        raise of_table(path, error) from error
    return [TopicSpec(prefix + row.name, row.partitions, row.retention_hours, row.compacted) for row in table.topics]
