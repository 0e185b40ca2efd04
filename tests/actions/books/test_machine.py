"""Whatever is issued, paid, credited, paid back, reversed and closed: the books agree with a model of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from portal.actions import imports
from portal.actions.billing import running
from portal.actions.books import allocating, opened, periods, posting, refunding
from portal.actions.invoices import crediting
from portal.db.engine import db
from portal.db.invoices import items, settling
from portal.rules.deciding import SYSTEM
from portal.rules.errors import PortalError
from portal.rules.invoices.crediting import Choice
from portal.rules.periods import month_with
from tests import books
from tests.invoices import issue
from tests.people import customer, link, post

TODAY = date(2026, 11, 22)
DAYS = st.sampled_from(["2026-09-10", "2026-10-10", "2026-11-10"])
MINOR, SOME = st.integers(1, 500), st.one_of(st.none(), st.integers(1, 500))
WHICH = st.integers(0, 3)
HOUSES = count()


@dataclass
class Bill:
    """An invoice as the model knows it: what each account was charged, and what is credited of that."""

    public_id: str
    charged: list[int]
    credited: list[int]
    stands: bool = True

    @property
    def left(self) -> int:
        return sum(self.charged) - sum(self.credited) if self.stands else 0


@dataclass
class Paid:
    """A payment as the model knows it."""

    public_id: str
    amount: int
    back: int = 0
    stands: bool = True


@dataclass
class Part:
    """So much of a payment settles an invoice; those made later come later in the list."""

    paid: Paid
    bill: Bill
    minor: int


@dataclass
class Model:
    """What stands on the books of one payer."""

    bills: list[Bill] = field(default_factory=list)
    paid: list[Paid] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    through: date | None = None

    def open_of(self, bill: Bill) -> int:
        return bill.left - sum(part.minor for part in self.parts if part.bill is bill)

    def left_of(self, paid: Paid) -> int:
        used = sum(part.minor for part in self.parts if part.paid is paid)
        return paid.amount - paid.back - used if paid.stands else 0

    def take_back(self, minor: int, parts: list[Part]) -> None:
        """The newest first, and of the last one a part."""
        for part in reversed(parts):
            took = min(minor, part.minor)
            part.minor -= took
            minor -= took
        self.parts = [part for part in self.parts if part.minor]


class Books(RuleBasedStateMachine):
    """A payer with a sub-account that it pays for, at a partner of its own."""

    @initialize()
    def begin(self) -> None:
        db.session.rollback()
        number = next(HOUSES)
        self.partner, self.payer, self.branch = f"House {number}", f"payer-{number}", f"branch-{number}"
        for one in (self.payer, self.branch):
            customer(one, of=self.partner, billing_day=TODAY.day)
        link(self.payer, self.branch)
        self.model = Model()
        self.issues(300, 300, "2026-09-10")
        self.pays(400, "2026-10-10")
        self.allocates(0, 0, 350)

    def attempt(self, expected: bool, deed: Callable[[], object]) -> bool:
        """Do it: it works exactly where the model says so; that nothing changes otherwise the invariants see."""
        if expected:
            deed()
        else:
            with pytest.raises(PortalError):
                deed()
        return expected

    def open_day(self, on: str) -> bool:
        return self.model.through is None or date.fromisoformat(on) > self.model.through

    def bill(self, which: int) -> Bill | None:
        return self.model.bills[which % len(self.model.bills)] if self.model.bills else None

    def payment(self, which: int) -> Paid | None:
        return self.model.paid[which % len(self.model.paid)] if self.model.paid else None

    # What people do

    @rule(own=MINOR, branch=MINOR, on=DAYS)
    def issues(self, own: int, branch: int, on: str) -> None:
        lines = [f"Own|1|{own / 100:.2f}|0", f"Branch|1|{branch / 100:.2f}|0|{self.branch}"]
        made: list[str] = []
        if self.attempt(self.open_day(on), lambda: made.append(issue(self.payer, *lines, on=on).public_id)):
            self.model.bills.append(Bill(made[0], [own, branch], [0, 0]))

    @rule(minor=MINOR)
    def runs(self, minor: int) -> None:
        given = {"customer": self.payer, "amount": f"{minor / 100:.2f}", "date": TODAY.isoformat()}
        imports.post_one(SYSTEM, {**given, "kind": "future_item", "external_id": ""})
        done = running.run(SYSTEM, on=TODAY, partner=self.partner)
        assert len(done.invoices) == 1
        again = running.run(SYSTEM, on=TODAY, partner=self.partner)
        assert again.invoices == []
        partner = items.named(self.model.bills[0].public_id)[0].partner_id if self.model.bills else None
        found = [one for one in items.named(done.invoices[0], partner_id=partner) if one.partner == self.partner]
        self.model.bills.append(Bill(found[0].public_id, [minor, 0], [0, 0]))

    @rule(minor=MINOR, on=DAYS)
    def pays(self, minor: int, on: str) -> None:
        made: list[str] = []
        if self.attempt(self.open_day(on), lambda: made.append(post(self.payer, "payment", minor, on).public_id)):
            self.model.paid.append(Paid(made[0], minor))

    @rule(which=WHICH, of=WHICH, minor=SOME)
    def allocates(self, which: int, of: int, minor: int | None) -> None:
        paid, bill = self.payment(which), self.bill(of)
        if paid is None or bill is None:
            return
        most = min(self.model.left_of(paid), self.model.open_of(bill))
        amount = most if minor is None else minor
        wanted = allocating.Wanted(paid.public_id, bill.public_id, minor)
        if self.attempt(0 < amount <= most, lambda: allocating.allocate(SYSTEM, wanted)):
            self.model.parts.append(Part(paid, bill, amount))

    @rule(which=WHICH, of=WHICH)
    def takes_back(self, which: int, of: int) -> None:
        paid, bill = self.payment(which), self.bill(of)
        if paid is None or bill is None:
            return
        own = [part for part in self.model.parts if part.paid is paid and part.bill is bill]
        if self.attempt(bool(own), lambda: allocating.unallocate(SYSTEM, paid.public_id, bill.public_id)):
            self.model.parts = [part for part in self.model.parts if part not in own]

    @rule(of=WHICH, line=st.integers(0, 1), minor=SOME)
    def credits(self, of: int, line: int, minor: int | None) -> None:
        bill = self.bill(of)
        if bill is None or not bill.charged[line]:
            return
        rest = bill.charged[line] - bill.credited[line] if bill.stands else 0
        amount = rest if minor is None else minor
        wanted = crediting.Wanted(bill.public_id, "less", lines=(Choice(line + 1, minor),))
        if self.attempt(0 < amount <= rest, lambda: crediting.issue(SYSTEM, wanted)):
            above = max(0, amount - self.model.open_of(bill))
            self.model.take_back(above, [part for part in self.model.parts if part.bill is bill])
            bill.credited[line] += amount

    @rule(which=WHICH, minor=SOME)
    def refunds(self, which: int, minor: int | None) -> None:
        paid = self.payment(which)
        if paid is None or not paid.stands:
            return
        most = paid.amount - paid.back
        amount = most if minor is None else minor
        wanted = refunding.Wanted(paid.public_id, minor, TODAY)
        if self.attempt(0 < amount <= most, lambda: refunding.refund_payment(SYSTEM, wanted)):
            above = max(0, amount - self.model.left_of(paid))
            self.model.take_back(above, [part for part in self.model.parts if part.paid is paid])
            paid.back += amount

    @rule(which=WHICH)
    def reverses_a_payment(self, which: int) -> None:
        paid = self.payment(which)
        if paid is None or paid.back:
            return
        if self.attempt(paid.stands, lambda: posting.reverse(SYSTEM, paid.public_id, reason="wrong")):
            self.model.parts = [part for part in self.model.parts if part.paid is not paid]
            paid.stands = False

    @rule(of=WHICH)
    def reverses_an_invoice(self, of: int) -> None:
        bill = self.bill(of)
        if bill is None:
            return
        works = bill.stands and not any(bill.credited)
        if self.attempt(works, lambda: posting.reverse(SYSTEM, bill.public_id, reason="wrong")):
            self.model.parts = [part for part in self.model.parts if part.bill is not bill]
            bill.stands = False

    @rule(month=st.sampled_from(["2026-09-01", "2026-10-01"]))
    def closes(self, month: str) -> None:
        periods.close(SYSTEM, date.fromisoformat(month), partner=self.partner)
        self.model.through = max(month_with(date.fromisoformat(month)).last, self.model.through or date.min)

    # What must be so at every moment

    @invariant()
    def what_is_open_is_what_the_model_says(self) -> None:
        if not hasattr(self, "model"):
            return
        db.session.rollback()
        found = opened.open_items(SYSTEM, self.payer)
        bills = {bill.public_id: self.model.open_of(bill) for bill in self.model.bills}
        paid = {one.public_id: self.model.left_of(one) for one in self.model.paid}
        assert {one.public_id: one.open_minor for one in found.open} == {key: one for key, one in bills.items() if one}
        left = {one.public_id: one.open_minor for one in found.unallocated}
        assert left == {key: one for key, one in paid.items() if one}
        assert found.house_minor == sum(paid.values()) - sum(bills.values())

    @invariant()
    def no_account_is_settled_beyond_what_it_was_charged(self) -> None:
        keys = {items.named(bill.public_id)[0].id: bill for bill in getattr(self, "model", Model()).bills}
        for key, accounts in settling.open_by_account(list(keys)).items() if keys else ():
            assert sum(accounts.values()) == self.model.open_of(keys[key])
            assert min(accounts.values()) >= 0, "none is below zero while another one is open"


@pytest.mark.engine("sqlite")
def test_r16_the_books_agree_with_a_model_whatever_is_done(app: object) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Books,
        settings=settings(max_examples=6, stateful_step_count=25, deadline=None, suppress_health_check=checks),
    )
    books.check(logged=False)
