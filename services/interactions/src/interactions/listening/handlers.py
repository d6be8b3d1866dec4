"""Opinions and mentions that sources reported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guanxi.db import Tx
from guanxi.events import Event
from interactions.listening import usecases
from interactions.listening.rules import Mention, Opinion

on_opinion = usecases.take_in_opinions
on_mention = usecases.take_in_mentions


async def on_opinion_voided(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """They were not given."""
    await usecases.take_back(tx, Opinion, events)


async def on_mention_voided(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """There were no such mentions."""
    await usecases.take_back(tx, Mention, events)
