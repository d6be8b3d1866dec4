"""The story: its steps in order, each through the public doors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from guanxi_local.demo.stage import Stage
from guanxi_local.demo.steps.complaint import the_wrong_door
from guanxi_local.demo.steps.desk import the_broken_event
from guanxi_local.demo.steps.goodwill import goodwill
from guanxi_local.demo.steps.identity import one_customer, three_customers
from guanxi_local.demo.steps.improvement import you_said_we_did
from guanxi_local.demo.steps.interview import the_interview
from guanxi_local.demo.steps.promise import a_promise
from guanxi_local.demo.steps.silence import the_silent_one
from guanxi_local.demo.steps.undoing import undo
from guanxi_local.demo.steps.warranty import warranty_in_one_question

Step = Callable[[Stage], Awaitable[list[str]]]

STEPS: tuple[tuple[str, Step], ...] = (
    ("Three customers", three_customers),
    ("One customer", one_customer),
    ("Warranty in one question", warranty_in_one_question),
    ("A broken event", the_broken_event),
    ("A promise", a_promise),
    ("The interview", the_interview),
    ("The wrong door", the_wrong_door),
    ("The silent one", the_silent_one),
    ("Goodwill", goodwill),
    ("You said, we did", you_said_we_did),
    ("Undo", undo),
)
