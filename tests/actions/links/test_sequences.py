"""Whatever people do in whatever order, what a preview showed is what happens, and the books keep every invariant."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.actions.books import posting as ledger
from portal.actions.books.posting import Charge
from portal.actions.statements import view as statements
from portal.db.customers import profiles as customers
from portal.db.engine import db
from portal.db.links import linking as links
from portal.rules.books import EntryKind, Ledger
from portal.rules.customers.status import Status
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Refused
from portal.rules.links.facts import BillingMode
from tests import books, foresight, people

PEOPLE = 5
TODAY = date(2026, 11, 22)
WHO = st.integers(0, PEOPLE - 1)
KINDS = st.sampled_from([kind for kind in EntryKind if kind is not EntryKind.TRANSFER])
DAYS = st.integers(-70, 40).map(lambda days: TODAY + timedelta(days))
MODES = st.sampled_from(BillingMode)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("post"), WHO, KINDS, st.integers(1, 500), DAYS, st.sampled_from(Ledger)),
        st.tuples(st.just("settle"), WHO),
        st.tuples(st.just("apply"), WHO, st.integers(1, 300), DAYS),
        st.tuples(st.just("link"), WHO, WHO, MODES),
        st.tuples(st.just("link"), WHO, WHO, MODES),
        st.tuples(st.just("mode"), WHO, MODES),
        st.tuples(st.just("unlink"), WHO),
        st.tuples(st.just("share"), WHO, WHO),
        st.tuples(st.just("part"), WHO),
        st.tuples(st.just("status"), WHO, st.sampled_from(Status)),
        st.tuples(st.just("manage"), WHO, st.booleans()),
        st.tuples(st.just("remove"), WHO, st.booleans()),
        st.tuples(st.just("reverse"), st.integers(0, 30), DAYS),
        st.tuples(st.just("again")),
    ),
    min_size=10,
    max_size=30,
)
EXAMPLES = count()


class Town:
    """Five customers of one partner, what was done to them, and what their balances must come to.

    Every deed that has a preview is held to it, refused or not.
    """

    def __init__(self) -> None:
        self.name = f"town-{next(EXAMPLES)}"
        made = [people.customer(f"{self.name}-{number}", of=self.name) for number in range(PEOPLE)]
        self.people = [one.public_id for one in made]
        foresight.link(self.people[0], self.people[1], BillingMode.AGGREGATED)  # so that ties meet from the start
        self.posted: list[str] = []
        self.inside: set[str] = set()
        self.expected = 0
        self.repeat: Callable[[], object] | None = None
        self.answer: object = None

    def take(self, step: tuple[Any, ...]) -> None:
        what, *values = step
        with contextlib.suppress(Refused):
            getattr(self, what)(*values)
        self.check_payers()

    def post(self, who: int, kind: EntryKind, amount: int, on: date, book: Ledger) -> None:
        key = f"{self.name}-{len(self.posted)}"
        charge = Charge(self.people[who], kind, amount, on, book)
        self._did(foresight.post(charge, key), lambda: ledger.post(SYSTEM, charge, once=key))

    def _did(self, done: list[ledger.Posted], again: Callable[[], ledger.Posted], *, outside: bool = True) -> None:
        """Remember what was posted, and how to ask for it once more; `outside` says that money came in or went out."""
        for posted in done:
            self.posted.append(posted.public_id)
            self.inside |= set() if outside else {posted.public_id}
            self.expected += posted.amount_minor if outside else 0
            self.repeat, self.answer = again, posted

    def apply(self, who: int, amount: int, on: date) -> None:
        key, customer = f"{self.name}-{len(self.posted)}", self.people[who]
        self._did(
            foresight.apply_credit(customer, amount, on, key),
            lambda: ledger.apply_credit(SYSTEM, customer, amount, on=on, once=key),
            outside=False,
        )

    def settle(self, who: int) -> None:
        """Bring the House Account of whoever pays to zero."""
        profile = customers.by_reference(self.people[who])
        assert profile is not None
        house = statements.balance_of(profile).house_minor
        if house:
            self.post(who, EntryKind.PAYMENT if house < 0 else EntryKind.REFUND, abs(house), TODAY, Ledger.HOUSE)

    def link(self, main: int, sub: int, mode: BillingMode) -> None:
        foresight.link(self.people[main], self.people[sub], mode)

    def mode(self, sub: int, mode: BillingMode) -> None:
        foresight.change_mode(self.people[sub], mode)

    def unlink(self, sub: int) -> None:
        foresight.unlink(self.people[sub])

    def share(self, primary: int, secondary: int) -> None:
        foresight.share(self.people[primary], self.people[secondary])

    def part(self, who: int) -> None:
        foresight.part(self.people[who])

    def status(self, who: int, to: Status) -> None:
        foresight.set_status(self.people[who], to)

    def manage(self, who: int, on: bool) -> None:
        foresight.manage(self.people[who], on)

    def remove(self, who: int, prepared: bool) -> None:
        """Remove somebody, or first do what usually stands in the way."""
        if prepared:
            self.settle(who)
            self.part(who)
            self.unlink(who)
            self.status(who, Status.INACTIVE)
        foresight.remove(self.people[who])

    def reverse(self, which: int, on: date) -> None:
        if which < len(self.posted):
            entry, key = self.posted[which], f"{self.name}-{len(self.posted)}"
            self._did(
                foresight.reverse(entry, on, key),
                lambda: ledger.reverse(SYSTEM, entry, on=on, reason="Mistaken", once=key),
                outside=entry not in self.inside,
            )

    def again(self) -> None:
        """Send the last form once more."""
        if self.repeat is not None:
            assert self.repeat() == self.answer

    def check_payers(self) -> None:
        """P6: whoever pays for somebody is paid for by nobody."""
        db.session.rollback()
        everybody = {one.id: one for one in (customers.by_public_id(name) for name in self.people) if one}
        assert len(everybody) == PEOPLE
        assert all(everybody[one.payer_id].payer_id == one.payer_id for one in everybody.values())
        db.session.rollback()

    def check(self) -> None:
        books.check()
        total = 0
        for reference in self.people:
            found = customers.by_reference(reference)
            assert found is not None
            own = links.facts([found.id])[found.id]
            assert own.credit.minor >= 0
            ends = statements.StatementRequest(date(2026, 1, 1), TODAY, payer=reference)
            view = statements.view(SYSTEM, reference, ends)
            assert view.closing_minor == own.house.minor, "a statement up to today ends with the balance shown"
            later = statements.StatementRequest(date(2026, 1, 1), date(2027, 12, 31), payer=reference)
            view = statements.view(SYSTEM, reference, later)
            total += view.closing_minor + (view.credit.closing_minor if view.credit else 0)
        assert total == self.expected, "money in is money out"


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(STEPS, st.lists(DAYS, min_size=2, max_size=5))
def test_p6_r16_random_deeds_do_what_they_showed_and_keep_the_books(
    app: Flask, steps: list[tuple[Any, ...]], cuts: list[date]
) -> None:
    db.session.rollback()
    town = Town()
    for step in steps:
        town.take(step)
    town.check()
    for reference in town.people:
        books.statements_meet(reference, *cuts)
