"""Relay and consumers in one process with a simulated broker, memory and clock, thrown by one seed.

A run goes through hours of faults in a fraction of a second, and the same seed goes the same way again.
"""

from guanxi.testing.simulation._broker import SimBroker, SimContents, SimProducer, SimReader
from guanxi.testing.simulation._loop import run_in_virtual_time
from guanxi.testing.simulation._memory import MemoryLog, MemoryStore, Moods
from guanxi.testing.simulation._world import Outcome, Plan, simulate

__all__ = [
    "MemoryLog",
    "MemoryStore",
    "Moods",
    "Outcome",
    "Plan",
    "SimBroker",
    "SimContents",
    "SimProducer",
    "SimReader",
    "run_in_virtual_time",
    "simulate",
]
