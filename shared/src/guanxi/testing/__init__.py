"""Support for tests of services: their app in-process on a real database, tokens, events, the directory's rows."""

from guanxi.testing.builders import a_customer, a_unit, an_employee, an_event
from guanxi.testing.harness import Harness, open_harness

__all__ = ["Harness", "a_customer", "a_unit", "an_employee", "an_event", "open_harness"]
