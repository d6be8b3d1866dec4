"""Random lives of a few customers, and a small model of what must be true of them in the end.

A history registers customers, reports and posts what happened to them, merges and un-merges them, corrects and voids,
and does the same to its model. Customers and references are its own, so many histories can be lived side by side.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from guanxi.bus.kafka import KafkaProducer
from support.client import Caller
from support.databases import value
from support.dealer import Dealer, Report
from support.lives import AT, WORDS, Family, Matter, Model
from support.waiting import Problem, eventually

_PATIENCE_S = 60.0
_MOST_CUSTOMERS = 6
_NAMED = "SELECT max(customer_id::text) FROM alias WHERE source = $1 AND external_ref = $2"


@dataclass
class History:
    """One life; the same seed lives the same."""

    seed: int
    caller: Caller
    dealers: list[Dealer]
    producer: KafkaProducer
    model: Model = field(default_factory=Model)
    steps: list[str] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)
    _unsent: list[Report] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Throw the dice that need no platform."""
        self.dice = random.Random(f"history {self.seed}")
        self.dealer = self.dice.choice(self.dealers)

    async def live(self) -> None:
        """Live it to its end; what goes wrong names the seed and the steps."""
        try:
            for _ in range(3):
                await self._register()
            for _ in range(self.dice.randrange(8, 21)):
                await self._step()
            await self._publish(len(self._unsent))
        except AssertionError as error:
            message = f"{self}: {error}"
            raise AssertionError(message) from error

    def __str__(self) -> str:
        return f"history {self.seed} ({', '.join(self.steps)})"

    async def _step(self) -> None:
        """Do one of the things that may be done now."""
        ways = (
            (1, self._register),
            (6, self._report),
            (4, self._correct_by_report),
            (2, self._void_by_report),
            (4, self._post),
            (2, self._correct),
            (2, self._void),
            (2, self._describe),
            (1, self._say),
            (7, self._merge),
            (4, self._unmerge),
            (1, self._unmerge_again),
        )
        while not await self.dice.choices([way for _, way in ways], [weight for weight, _ in ways])[0]():
            pass

    async def _register(self) -> bool:
        """Open a record: by hand, with the dealer's name for it, or by the first report of the dealer."""
        number = len(self.model.customers)
        if number == _MOST_CUSTOMERS:
            return False
        name = f"{self.seed}-{number}"
        if by_hand := self.dice.random() < 0.5:
            body = {"kind": "person", "name": name, "unit": self.dealer.unit}
            customer = str((await self._ask("POST", "/v1/customers", body)).json()["id"])
            self.model.names[customer] = name
            called = {"source": self.dealer.source, "external_ref": name}
            await self._ask("POST", f"/v1/customers/{customer}/aliases", called)
        else:
            first = self._first_report("contact", name)
            await self._publish(0, first)
            customer = await self._named(name)
            self.model.matters.append(Matter("contact", customer, _words(first), report=first))
        self._names[customer] = name
        self.model.customers.append(customer)
        self.steps.append(f"register {number} {'by hand' if by_hand else 'by report'}")
        return True

    async def _report(self) -> bool:
        """The dealer reports what happened, under its own name for the customer."""
        customer, family = self.dice.choice(self.model.customers), self._family()
        report = self._first_report(family, self._names[customer])
        self.model.matters.append(Matter(family, customer, _words(report), report=report))
        await self._tell(report)
        self._note("report", self.model.matters[-1])
        return True

    async def _describe(self) -> bool:
        """The dealer says what a customer is called; of several such reports the latest one wins."""
        customer, name = self.dice.choice(self.model.customers), self._new_words()
        data = {"external_customer": self._names[customer], "kind": "person", "name": name}
        self.model.names[customer] = name
        await self._tell(self.dealer.report("ProfileReported", data))
        self.steps.append(f"describe {self._number(customer)}")
        return True

    async def _correct_by_report(self) -> bool:
        """The dealer corrects what it reported, with a revision or by its time alone; what it has voided stays so."""
        matter = self._any(lambda m: m.report is not None)
        if matter is None or matter.report is None:
            return False
        report = self.dealer.corrected(matter.report, **{WORDS[matter.family]: self._new_words()})
        if self.seed % 2:
            report.data.pop("revision")
        matter.report, matter.words = report, _words(report)
        await self._tell(report)
        self._note("correct by report", matter)
        return True

    async def _void_by_report(self) -> bool:
        """The dealer takes back what it reported, and may leave out whose it was."""
        matter = self._any(lambda m: m.report is not None)
        if matter is None or matter.report is None:
            return False
        named = ("external_ref", "external_customer") if self.dice.random() < 0.5 else ("external_ref",)
        data = {name: matter.report.data[name] for name in named}
        matter.voided = True
        report = self.dealer.report(f"{matter.family.capitalize()}ReportedVoided", data)
        await self._tell(report)
        self._note("void by report", matter)
        return True

    async def _post(self) -> bool:
        """One of ours enters what happened, under any id of the customer, and finds it under exactly that id."""
        customer, family, words = self.dice.choice(self.model.customers), self._family(), self._new_words()
        body = {"customer_id": customer, "channel": "phone", WORDS[family]: words}
        body |= {"direction": "in"} if family == "contact" else {"cause": "quality"}
        made = (await self._ask("POST", AT[family], body)).json()
        assert made["customer_id"] == customer, f"posted under {customer}, kept under {made['customer_id']}"
        self.model.matters.append(Matter(family, customer, words, id=made["id"]))
        self._note("post", self.model.matters[-1])
        return True

    async def _correct(self) -> bool:
        """One of ours corrects what one of ours has entered: of two desks that correct one matter the last one wins."""
        matter = self._any(lambda m: m.report is None and not m.voided)
        if matter is None:
            return False
        path, words = f"{AT[matter.family]}/{matter.id}", self._new_words()
        newest = (await self._ask("GET", path)).headers["etag"]
        await self._ask("PATCH", path, {WORDS[matter.family]: words}, headers={"If-Match": newest})
        matter.words = words
        self._note("correct", matter)
        return True

    async def _void(self) -> bool:
        """One of ours takes a matter back, also one that the dealer reported and may still be telling of."""
        matter = self._any(lambda m: not m.voided)
        if matter is None:
            return False
        if matter.report is not None:
            await self._publish(len(self._unsent))
        id_ = matter.id or await self._listed(matter, str(matter.report and matter.report.data["external_ref"]))
        await self._ask("POST", f"{AT[matter.family]}/{id_}/voiding", {"reason": "mistake"})
        matter.voided = True
        self._note("void", matter)
        return True

    async def _say(self) -> bool:
        """A customer allows or forbids to be written to."""
        customer = self.dice.choice(self.model.customers)
        state = self.dice.choice(("granted", "denied"))
        said = {"purpose": "survey", "channel": "email", "state": state, "evidence": f"history {self.seed}"}
        await self._ask("PUT", f"/v1/customers/{customer}/permissions", {"permissions": [said]}, wanted=200)
        self.model.said[customer] = state
        self.steps.append(f"{state} by {self._number(customer)}")
        return True

    async def _merge(self) -> bool:
        """Join two records; those that are one already are refused."""
        survivor, absorbed = self.dice.sample(self.model.customers, 2)
        body = {"survivor_id": survivor, "absorbed_id": absorbed, "reason": "same-phone"}
        self.steps.append(f"merge {self._number(survivor)} takes {self._number(absorbed)}")
        if absorbed in self.model.members(survivor):
            answer = await self._ask("POST", "/v1/merges", body, wanted=409)
            assert answer.json()["code"] == "already-merged", answer.text
        else:
            answer = await self._ask("POST", "/v1/merges", body)
            self.model.merges[answer.json()["id"]] = survivor, absorbed
        await self._look(self.dice.choice((survivor, absorbed)))
        return True

    async def _unmerge(self) -> bool:
        """Undo any merge that stands."""
        if not self.model.merges:
            return False
        merge = self.dice.choice(list(self.model.merges))
        await self._ask("POST", f"/v1/merges/{merge}/undo", {"reason": "mistake"})
        pair = self.model.merges.pop(merge)
        self.model.undone.append(merge)
        self.steps.append("unmerge {} and {}".format(*map(self._number, pair)))
        await self._look(self.dice.choice(pair))
        return True

    async def _unmerge_again(self) -> bool:
        """Undo what has been undone; it is refused."""
        if not self.model.undone:
            return False
        merge = self.dice.choice(self.model.undone)
        answer = await self._ask("POST", f"/v1/merges/{merge}/undo", {"reason": "mistake"}, wanted=409)
        assert answer.json()["code"] == "already-undone", answer.text
        return True

    async def _look(self, customer: str) -> None:
        """The service that merges shows at once what it has done."""
        found = (await self._ask("GET", f"/v1/customers/{customer}", wanted=200)).json()
        shown, wanted = (found["id"], found["members"]), (self.model.canonical(customer), self.model.members(customer))
        assert shown == wanted, f"customer {self._number(customer)} is shown as {shown}, and is {wanted}"

    async def _tell(self, report: Report) -> None:
        """Let a report go out twice, each copy now or later, among those that wait."""
        self._unsent += [report, report]
        await self._publish(self.dice.randrange(len(self._unsent) + 1))

    async def _publish(self, many: int, first: Report | None = None) -> None:
        """Publish so many of those that wait, in any order; `first` goes before them, and waits to go once more."""
        self.dice.shuffle(self._unsent)
        some, self._unsent = self._unsent[:many], self._unsent[many:]
        if first is not None:
            some.insert(0, first)
            self._unsent.append(first)
        await self.dealer.publish(some, self.producer)

    async def _named(self, name: str) -> str:
        """The customer that the dealer calls so, once intake has opened its record."""
        found: list[str] = []

        async def look() -> Problem:
            customer = await value(self.dealer.platform, "customer-profile", _NAMED, self.dealer.source, name)
            found.append(customer)
            return None if customer else f"nobody knows {name}"

        await eventually(look, _PATIENCE_S)
        return found[-1]

    async def _listed(self, matter: Matter, ref: str) -> str:
        """The id of a reported matter, once its own service shows it."""
        found: dict[str, str] = {}

        async def look() -> Problem:
            page = await self._ask("GET", f"{AT[matter.family]}?limit=200&customer_id={matter.customer}", wanted=200)
            found.update({one["external_ref"]: one["id"] for one in page.json()["items"]})
            return None if ref in found else f"{ref} is not listed"

        await eventually(look, _PATIENCE_S)
        return found[ref]

    async def _ask(
        self, method: str, path: str, body: Any = None, *, wanted: int | None = None, headers: Any = None
    ) -> httpx.Response:
        """Ask under one key until there is an answer that will not change."""
        key = f"{self.seed}-{self.dice.getrandbits(64):x}"
        answers: list[httpx.Response] = []

        async def look() -> Problem:
            answer = await self.caller.ask(method, path, body, key=key, headers=headers)
            if answer is None or answer.status_code in (502, 503) or "idempotency-key-in-progress" in answer.text:
                return f"{method} {path}: {answer and answer.text}"
            answers.append(answer)
            return None

        await eventually(look, _PATIENCE_S)
        (answer,) = answers
        usual = 201 if method == "POST" else 200
        assert answer.status_code == (wanted or usual), f"{method} {path} {body}: {answer.status_code} {answer.text}"
        return answer

    def _first_report(self, family: Family, customer: str) -> Report:
        words = {WORDS[family]: self._new_words()}
        ref = f"{self.seed}-{len(self.model.matters)}"
        return (self.dealer.contact if family == "contact" else self.dealer.complaint)(customer, ref, **words)

    def _family(self) -> Family:
        return "contact" if self.dice.random() < 0.6 else "complaint"

    def _any(self, fits: Callable[[Matter], bool]) -> Matter | None:
        found = [matter for matter in self.model.matters if fits(matter)]
        return self.dice.choice(found) if found else None

    def _new_words(self) -> str:
        return f"words-{self.dice.getrandbits(48):x}"

    def _number(self, customer: str) -> int:
        return self.model.customers.index(customer)

    def _note(self, what: str, matter: Matter) -> None:
        name = f"{matter.family} {self.model.matters.index(matter)}"
        self.steps.append(f"{what} {name} of {self._number(matter.customer)}")


def _words(report: Report) -> str:
    return str(report.data.get("content") or report.data["sku"])
