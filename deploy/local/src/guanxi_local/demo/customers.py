"""What the publishers and the web shop say of the customers of the story."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from guanxi_local.demo.background import event

NAMES = {"dealer": "山西煤業", "repair": "山西煤礦", "web": "山西煤產品總公司", "other": "山西焦煤"}
"""The first three are one firm; the last is another one at the same place in the same trade."""
ASKERS = {"shop": "平遙紀念品店", "vip": "杭叉"}
"""Two customers of the dealer who ask about their warranty beside the first."""
SILENT = "晉中紀念品店"
"""A customer who does not complain."""
AIRPORT = "白雲機場"
REFERRED = ("首都機場", "長春機場")
"""Whom the airport brings."""
COMPLAINING = ("大同禮品店", "運城文具店", "陽泉百貨")
"""Three who complain of one thing beside the first; the last has given no permission to be written to."""
MODEL = "MODEL-TOWER"
CONTACT = "張建國"
SAID = "50萬"
_TOWN = {"country": "CN", "province": "山西", "city": "太原"}


def reported(run: str, now: datetime) -> Iterator[dict[str, Any]]:
    """What the dealer and the repair point publish; `run` tells this performance's references from others'."""
    phone = {"kind": "organisation", "contact_person": CONTACT, "phones": [number(run)], "address": street(run)}
    mail = {"emails": [address(run)], "permissions": [_permission(now)]}
    dealer = {"external_customer": f"TY-{run}", "name": NAMES["dealer"]} | phone | mail
    yield event("ProfileReported", f"{run}/dealer", now, dealer, "taiyuan")
    yield event("OrderReported", f"{run}/order", now, _order(run, now), "taiyuan")
    other = {"external_customer": f"JM-{run}", "kind": "organisation", "name": NAMES["other"]}
    elsewhere = _TOWN | {"line": "新晉祠路1號"}
    yield event("ProfileReported", f"{run}/other", now, other | {"address": elsewhere}, "taiyuan")
    repair = {"external_customer": f"RP-{run}", "name": NAMES["repair"]} | phone
    yield event("ProfileReported", f"{run}/repair", now, repair, "repair")
    yield event("ServiceReported", f"{run}/service", now, _repair(run, now), "repair")


def bought_long_ago(run: str, now: datetime) -> Iterator[dict[str, Any]]:
    """Three customers of the dealer had the same model delivered seven months ago."""
    at = months_before(now, 7)
    for key, ref in (("shop", f"PY-{run}"), ("vip", f"HC-{run}"), ("dealer", f"TY-{run}")):
        if key in ASKERS:
            profile = {"external_customer": ref, "kind": "organisation", "name": ASKERS[key]}
            yield event("ProfileReported", f"{run}/{key}/old", now, profile, "taiyuan")
        order = {"external_customer": ref, "external_ref": f"OLD-{key}-{run}", "placed_at": text(at), "currency": "CNY"}
        lines = {"lines": [{"sku": MODEL, "quantity": 10, "amount_minor": 99_000}], "total_minor": 99_000}
        yield event("OrderReported", f"{run}/{key}/old-order", at, order | lines, "taiyuan")
        delivery = {"external_customer": ref, "external_ref": f"OLD-D-{key}-{run}", "delivered_at": text(at)}
        from_order = {"external_order": f"OLD-{key}-{run}"}
        yield event("DeliveryReported", f"{run}/{key}/old-delivery", at, delivery | from_order, "taiyuan")


def silent_profile(run: str, now: datetime) -> Iterator[dict[str, Any]]:
    """Who the silent customer is."""
    profile = {"external_customer": f"JZ-{run}", "kind": "organisation", "name": SILENT}
    yield event("ProfileReported", f"{run}/silent", now, profile, "taiyuan")


def bought_regularly(run: str, days: Iterable[datetime]) -> Iterator[dict[str, Any]]:
    """What the silent customer bought, as long as it did."""
    for n, at in enumerate(days):
        order = {"external_customer": f"JZ-{run}", "external_ref": f"JZ-{n}-{run}", "placed_at": text(at)}
        line = {"sku": "GIFT-SET", "quantity": 20, "amount_minor": 250_000}
        yield event("OrderReported", f"{run}/silent/{n}", at, order | {"currency": "CNY", "lines": [line]}, "taiyuan")


def airport_order(run: str, now: datetime) -> Iterator[dict[str, Any]]:
    """10,000 models for the airport, delivered thirteen months ago, and some a month ago."""
    at, again = months_before(now, 13), months_before(now, 1)
    profile = {"external_customer": f"BY-{run}", "kind": "organisation", "name": AIRPORT}
    yield event("ProfileReported", f"{run}/airport", now, profile, "erp")
    for ref, placed, quantity in ((f"BY-1-{run}", at, 10_000), (f"BY-2-{run}", again, 200)):
        order = {"external_customer": f"BY-{run}", "external_ref": ref, "placed_at": text(placed), "currency": "CNY"}
        sku = MODEL if placed == at else "GIFT-SET"
        line = {"sku": sku, "quantity": quantity, "amount_minor": quantity * 2_000}
        yield event("OrderReported", f"{run}/{ref}", placed, order | {"lines": [line]}, "erp")
        delivery = {"external_customer": f"BY-{run}", "external_ref": f"D-{ref}", "external_order": ref}
        yield event("DeliveryReported", f"{run}/D-{ref}", placed, delivery | {"delivered_at": text(placed)}, "erp")


def airport_agreement(now: datetime) -> dict[str, Any]:
    """What was agreed with the airport before it ordered: six months for its models."""
    clause = {"code": "airport.models", "benefit": "warranty", "kinds": ["exchange", "repair"], "months": 6}
    since = firm_day(months_before(now, 14))
    return {"kind": "service", "since": since, "clauses": [clause | {"skus": [MODEL]}]}


def complained(run: str, now: datetime) -> Iterator[dict[str, Any]]:
    """Three customers and an opinion card without a name complain of what the first one complained of."""
    what = {"channel": "dealer", "text": "The stands came late.", "cause": "neglect", "sku": stand(run)}
    for n, name in enumerate(COMPLAINING):
        ref = {"external_customer": f"C{n}-{run}"}
        allowed = {"emails": [f"buyer.{n}.{run}@example.com"], "permissions": [_permission(now)]}
        profile = ref | {"kind": "organisation", "name": name} | (allowed if name != COMPLAINING[-1] else {})
        yield event("ProfileReported", f"{run}/complaining/{n}", now, profile, "taiyuan")
        complaint = ref | what | {"external_ref": f"CC-{n}-{run}"}
        yield event("ComplaintReported", f"{run}/complaint/{n}", now, complaint, "taiyuan")
    yield event("ComplaintReported", f"{run}/complaint/card", now, what | {"channel": "card"}, "taiyuan")


def stand(run: str) -> str:
    """The article that comes late: another one in each performance, as its complaints are."""
    return f"STAND-{run}"


def firm_day(moment: datetime) -> str:
    """The day of a moment where the firm is."""
    return moment.astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat()


def months_before(now: datetime, months: int) -> datetime:
    """The same moment so many calendar months ago, on the 28th at the latest."""
    years, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return now.replace(year=years, month=month + 1, day=min(now.day, 28))


def street(run: str) -> dict[str, str]:
    """Where the first customer's three records are: another house in each performance, or it would be a crowd's."""
    return _TOWN | {"line": f"迎澤大街{int(run) % 900 + 1}號"}


def number(run: str) -> str:
    """The phone number that the dealer and the repair point know: another one in each performance."""
    return f"0351-{int(run) % 8_000_000 + 2_000_000}"


def address(run: str) -> str:
    """Where the contact person reads his mail."""
    return f"zhang.{run}@example.com"


def text(at: datetime) -> str:
    """A moment as events and requests carry it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _order(run: str, now: datetime) -> dict[str, Any]:
    line = {"sku": MODEL, "quantity": 4200, "amount_minor": 42_000_000}
    name = {"external_customer": f"TY-{run}", "external_ref": f"TY-O-{run}"}
    return name | {"placed_at": text(now), "currency": "CNY", "lines": [line], "total_minor": 42_000_000}


def broken_order(run: str, now: datetime) -> dict[str, Any]:
    """An order whose amount is written as people say it."""
    order = mended_order(run, now)
    return order | {"lines": [order["lines"][0] | {"amount_minor": SAID}]}


def mended_order(run: str, now: datetime) -> dict[str, Any]:
    """The same order as the contract wants it, in fen."""
    name = {"external_customer": f"JM-{run}", "external_ref": f"JM-O-{run}"}
    line = {"sku": "GIFT-SET", "quantity": 4000, "amount_minor": 50_000_000}
    return name | {"placed_at": text(now), "currency": "CNY", "lines": [line]}


def _repair(run: str, now: datetime) -> dict[str, Any]:
    name = {"external_customer": f"RP-{run}", "external_ref": f"RP-S-{run}", "kind": "repair", "sku": MODEL}
    return name | {"performed_at": text(now), "cost_minor": 12_000, "currency": "CNY"}


def _permission(at: datetime) -> dict[str, str]:
    return {"purpose": "service", "channel": "email", "state": "granted", "evidence": "contract", "at": text(at)}
