"""What can be done to units and employees."""

from __future__ import annotations

from customer_profile.organisation.store import regions

DEFAULT_REGION = "CN"

__all__ = ["DEFAULT_REGION", "regions"]
