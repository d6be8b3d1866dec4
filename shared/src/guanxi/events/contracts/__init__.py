"""The contracts that strangers read: schemas, samples, the AsyncAPI document and the table of events, all generated.

`python -m guanxi.events.contracts` writes them, `--check` compares them with what is committed.
"""

from guanxi.events.contracts._additive import breaks
from guanxi.events.contracts._samples import sample
from guanxi.events.contracts._schemas import data_schema, event_schema

__all__ = ["breaks", "data_schema", "event_schema", "sample"]
