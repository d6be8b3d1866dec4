"""Time as a source of work: what must happen at a moment, claimed inside the transaction of its effect."""

from guanxi.due._due import DueHandler, DueLoop, cancel, schedule, schedule_all

__all__ = ["DueHandler", "DueLoop", "cancel", "schedule", "schedule_all"]
