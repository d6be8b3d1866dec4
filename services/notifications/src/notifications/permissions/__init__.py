"""What customers allow: a ledger of what they said, and what follows from it."""

from notifications.permissions.rules import Receipt, Statement, Verdict
from notifications.permissions.usecases import Question

__all__ = ["Question", "Receipt", "Statement", "Verdict"]
