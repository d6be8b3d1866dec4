"""How the pages of cards look, and how often a code may be tried."""

from __future__ import annotations

from guanxi.web import Allowance, Limits, LimitsOfApp, Looks
from interactions.questionnaires.rules import in_language

LOOKS = Looks(
    "interactions.cards",
    "card.css",
    words={409: "answered"},
    no_way_back=frozenset({"missing", "answered"}),
    names={"say": in_language},
)
# A counter's tablet fills in a card every few seconds; 80 bits are not found at four tries a second.
LIMITS = LimitsOfApp("card", lambda: Limits(secret=Allowance(20, 0.5)))
