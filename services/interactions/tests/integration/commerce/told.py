"""Reports of commerce as intake passes them on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from guanxi.events import Event, reports
from guanxi.ports import SystemIds
from guanxi.testing import an_event

IDS = SystemIds()
MOMENT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)

DATA: dict[str, dict[str, Any]] = {
    "Order": {
        "placed_at": MOMENT.isoformat(),
        "currency": "CNY",
        "lines": [{"sku": "tower", "quantity": 10, "amount_minor": 1000}],
    },
    "Delivery": {"delivered_at": MOMENT.isoformat()},
    "Return": {
        "returned_at": MOMENT.isoformat(),
        "currency": "CNY",
        "lines": [{"sku": "tower", "quantity": 1, "amount_minor": 100}],
    },
    "Payment": {"amount_minor": 1000, "currency": "CNY"},
    "Service": {"kind": "repair", "performed_at": MOMENT.isoformat(), "note": "a new base"},
}


def report(family: str, subject: UUID, twin: str = "", **values: Any) -> Event[Any]:
    """A resolved report; `ref` is its external reference."""
    envelope = {key: values.pop(key) for key in ("aggregate", "sequence", "late", "time") if key in values}
    kind = getattr(reports, f"{family}Reported{twin}")
    data = {"external_customer": "c-1", "external_ref": values.pop("ref", "r-1"), "source": "erp", "unit": "dealer-17"}
    data |= {} if twin == "Voided" else DATA[family] | values
    return an_event(kind.model_validate(data), subject=subject, **{"time": MOMENT, **envelope})
