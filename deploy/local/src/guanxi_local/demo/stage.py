"""Where the story plays, and how its steps look at what has come about."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from guanxi_local.demo.door import Caller, until

_WHY = re.compile(r"https?://[^/\s]+(/why/[^\s\"<>]+)")
PROMISE_SECONDS, FAST_SECONDS = 20, 3
MAILS = {"complaint-receipt", "complaint-answer", "complaint-thanks"}


@dataclass(slots=True)
class Stage:
    """The callers, the broker, and what earlier steps have left for later ones."""

    admin: Caller
    callers: dict[str, Caller]
    stranger: Caller
    kafka: str
    prefix: str
    started: datetime
    promise_seconds: int = PROMISE_SECONDS
    """How long the promise of the story still has when it is made."""
    mail: Path | None = None
    """The folder that the platform's mail is kept in, where it is one of this machine."""
    staff: dict[str, str] = field(default_factory=dict)
    customers: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    """What was answered about a customer's warranty."""

    @property
    def run(self) -> str:
        """Names this performance: publishers' references of another one are other ones."""
        return self.started.strftime("%Y%m%d%H%M%S")

    def is_new(self, moment: str) -> bool:
        """Whether it is of this performance."""
        return datetime.fromisoformat(moment) >= self.started - timedelta(seconds=1)

    async def registered(self, name: str) -> str:
        """The id of a customer of this performance, once there is one."""

        async def look() -> Any:
            page = await self.admin.get("/v1/customers", name=name, absorbed="true")
            return next((x for x in page["items"] if x["name"] == name and self.is_new(x["created_at"])), None)

        return str((await until(f"the customer {name}", look))["id"])

    async def waiting(self, key: str) -> Any:
        """The pair of the dealer's record and another one on the desk; None until the first two are one customer."""
        survivor = self.customers["dealer"]
        page = await self.admin.get("/v1/match-candidates", customer=self.customers[key])
        one = await self.admin.get(f"/v1/customers/{survivor}")
        joined = set(one["members"]) == {survivor, self.customers["repair"]}
        pairs = (pair for pair in page["items"] if survivor in {pair["left_id"], pair["right_id"]})
        return next(pairs, None) if joined else None

    async def proposed(self, customer_id: str) -> Any:
        """The proposal to make this a key customer; None as long as there is none."""
        page = await self.admin.get("/v1/key-customers/designations", customer=customer_id, status="proposed")
        return next(iter(page["items"]), None)

    async def merge_of(self, customer_id: str) -> str:
        """The merge by which a record was absorbed and that stands."""
        page = await self.admin.get("/v1/merges", customer=customer_id)
        absorbed = (one for one in page["items"] if one["absorbed_id"] == customer_id)
        found: str = next(one["id"] for one in absorbed if one["status"] == "active")
        return found

    async def why(self, address: str) -> str:
        """What the newest mail to an address says of why it came: its link's answer."""
        if self.mail is None:
            return "the link at the end of each message"
        folder = self.mail

        async def look() -> str | None:
            mails = await asyncio.to_thread(
                lambda: [one.read_bytes() for one in sorted(folder.glob(f"*{address}.eml"))]
            )
            texts = (message_from_bytes(one, policy=policy.default).get_body() for one in reversed(mails))
            links = (_WHY.search(body.get_content()) for body in texts if body is not None)
            return next((link[1] for link in links if link), None)

        link = await until(f"a mail to {address} with its reason", look)
        found = await self.stranger.get(f"/v1{link}")
        receipt = found["permission"]
        return (
            f"{link}: {receipt['purpose']} by {receipt['channel']}, by {receipt['evidence']} of {receipt['since'][:10]}"
        )

    async def overview(self, customer_id: str) -> Any:
        """All of a customer on one page."""
        return await self.admin.get(f"/v1/customers/{customer_id}/overview")

    async def tier(self, customer_id: str) -> str | None:
        """The tier, None as long as there is none."""
        tier: str | None = (await self.overview(customer_id))["tier"]["tier"]
        return tier

    async def score(self, customer_id: str, kind: str) -> Any:
        """One score, None as long as there is none."""
        found = await self.admin.get(f"/v1/customers/{customer_id}/scores")
        return next((score for score in found["items"] if score["kind"] == kind), None)

    async def timeline(self, customer_id: str, kind: str) -> list[Any]:
        """The newest entries of one kind."""
        page = await self.admin.get(f"/v1/customers/{customer_id}/timeline", kind=kind)
        return list(page["items"])

    async def told(self, subject: str, rule: str) -> Any:
        """What lies in a person's inbox by this rule since the performance began."""

        async def look() -> Any:
            page = await self.callers[subject].get("/v1/inbox")
            fresh = (alert for alert in page["items"] if self.is_new(alert["created_at"]))
            return next((alert for alert in fresh if alert["rule"] == rule), None)

        return await until(f"{subject} to be told by the rule {rule}", look)

    async def mails(self, customer_id: str) -> list[str]:
        """The intents of the mails sent to a customer, once they are all there."""

        async def look() -> list[str] | None:
            page = await self.admin.get("/v1/messages", customer_id=customer_id)
            sent = [one["intent"].partition(":")[0] for one in page["items"] if one["status"] == "sent"]
            return sent if set(sent) >= MAILS else None

        return await until("the complainant's mails", look)
