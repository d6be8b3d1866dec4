"""What the words of a message are filled with."""

from __future__ import annotations

from datetime import datetime

from guanxi.db import Reader as Database
from notifications.links import Links
from notifications.messages.rules import Message, Reader, zone_of
from notifications.templates import usecases as templates
from notifications.templates.rules import local_time, subject_line, title_in


def values_of(message: Message, reader: Reader, language: str, links: Links) -> dict[str, str]:
    """The values of every name that the message's template may use."""

    def clock(name: str) -> str:
        moment = message.facts.get(name)
        return local_time(datetime.fromisoformat(moment), reader.zone) if moment else ""

    shared = {"name": reader.name, "number": message.facts.get("number", "")}
    if message.recipient == "employee":
        return {**shared, "rule": message.facts["rule"], "due_at": clock("due_at"), "inbox_url": links.inbox()}
    return {
        **shared,
        "promised_at": clock("promised_at"),
        "tracking_url": links.tracking(message.ticket_id) if message.ticket_id else "",
        "title": title_in(message.facts, language),
        "effective_on": message.facts.get("date", ""),
        "reply_url": links.why(message.id),
        "purpose": message.facts.get("purpose", ""),
        "channel": message.facts.get("channel", ""),
    }


async def subject_of(database: Database, message: Message, links: Links, default_zone: str) -> str | None:
    """The subject that a message went out with, without the reader's name; None for one that never left."""
    if message.template_id is None:
        return None
    template = await templates.get(database, message.template_id)
    nobody = Reader("", (), None, zone_of(None, default_zone))
    return subject_line(template, values_of(message, nobody, template.language, links))
