"""How often and with which chance: ROUNDS=full asks for the full counts, soak for the long ones; SEED repeats a run."""

from __future__ import annotations

import os
import random
import sys

ROUNDS = os.environ.get("ROUNDS", "smoke")

PATIENCE_S = 90.0 if ROUNDS == "smoke" else 30.0
"""How long a recovery may take: 30 s is what is promised, and the smoke shares the machine with other tests."""


def count(*, smoke: int, full: int, soak: int | None = None) -> int:
    """How many rounds this run asks for."""
    if ROUNDS == "soak":
        return full if soak is None else soak
    return full if ROUNDS == "full" else smoke


def chance(test: str) -> random.Random:
    """The chance of one test; it says how to throw the same dice again."""
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000_000))
    sys.stdout.write(f"{test}: SEED={seed} ROUNDS={ROUNDS}\n")
    return random.Random(f"{seed} {test}")
