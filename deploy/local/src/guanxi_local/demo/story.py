"""The story: its steps in order, each through the public doors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from guanxi_local.demo.stage import Stage
from guanxi_local.demo.steps.complaint import the_wrong_door
from guanxi_local.demo.steps.desk import the_broken_event
from guanxi_local.demo.steps.identity import one_customer, three_customers
from guanxi_local.demo.steps.promise import a_promise

Step = Callable[[Stage], Awaitable[list[str]]]

STEPS: tuple[tuple[str, Step], ...] = (
    ("Three customers", three_customers),
    ("One customer", one_customer),
    ("A broken event", the_broken_event),
    ("A promise", a_promise),
    ("The wrong door", the_wrong_door),
)
