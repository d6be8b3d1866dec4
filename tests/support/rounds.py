"""How often and with which chance: ROUNDS=full asks for the full counts, SEED repeats a run."""

from __future__ import annotations

import os
import random
import sys

FULL = os.environ.get("ROUNDS", "smoke") == "full"


def count(*, smoke: int, full: int) -> int:
    """How many rounds this run asks for."""
    return full if FULL else smoke


def chance(test: str) -> random.Random:
    """The chance of one test; it says how to throw the same dice again."""
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000_000))
    sys.stdout.write(f"{test}: SEED={seed} ROUNDS={'full' if FULL else 'smoke'}\n")
    return random.Random(f"{seed} {test}")
