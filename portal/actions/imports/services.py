"""Importing services: new ones are added, equal ones skipped, and one that is known may be stopped (M1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from portal.actions.imports.reading import Importer, Work
from portal.actions.services import changing
from portal.db import imports
from portal.db.billing import services as rows
from portal.db.billing.services import PLACES, BilledService, NewService
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import attempt
from portal.outside import clock
from portal.rules.amounts import NoAmount, parse_amount
from portal.rules.billing.periods import Schedule
from portal.rules.billing.proration import price_of
from portal.rules.customers.status import BillingType
from portal.rules.errors import Reason, Refused
from portal.rules.imports import FileKind
from portal.rules.money import LARGEST_MINOR, Money
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.rules.services import Deed, ServiceState
from portal.rules.services.files import ServiceFileRow, service_file_row

CHUNK = 2_000


def take(work: Work) -> None:
    """Carry out an import of services."""
    taking = _Taking(work)
    for some in work.chunks(service_file_row, CHUNK):
        taking.take(some)


class _Taking:
    def __init__(self, work: Work) -> None:
        self._work = work

    def take(self, some: list[tuple[int, ServiceFileRow]]) -> None:
        owners = self._owners({row.customer for _, row in some})
        payers = customers.by_ids({one.payer_id for one in owners.values()})
        there = rows.by_external_ids({row.external_id for _, row in some})
        new = []
        for line, row in some:
            owner = owners.get(row.customer)
            if owner is None:
                self._work.wrong(line, "customer", say("There is no customer “{customer}”.", customer=row.customer))
                continue
            price = self._price(line, row, owner)
            if price is None or self._work.stands_twice(line, row.external_id, row):
                continue
            if row.external_id in there:
                self._known(line, row, owner, price, there[row.external_id])
            elif not self._refused(line, owner):
                new.append(self._new(row, owner, payers[owner.payer_id], price))
        rows.add_many(new)
        self._work.created += len(new)

    def _owners(self, references: set[str]) -> dict[str, Profile]:
        found = {key: one for key, one in imports.payees(references).items() if self._work.may_touch(one.partner_id)}
        profiles = customers.by_ids({one.id for one in found.values()})
        return {key: profiles[one.id] for key, one in found.items()}

    def _price(self, line: int, row: ServiceFileRow, owner: Profile) -> int | None:
        try:
            price = parse_amount(row.price, owner.currency)
        except NoAmount as fault:
            self._work.wrong(line, "price", fault.sentence)
            return None
        if price < 0:
            self._work.wrong(line, "price", say("“{text}” is below zero. A price is zero or more.", text=row.price))
            return None
        if (whole := price_of(price, row.number)) > LARGEST_MINOR:
            amount = Money(whole, owner.currency)
            self._work.wrong(line, "price", say("A period would cost {amount}, more than we keep.", amount=amount))
            return None
        return price

    def _refused(self, line: int, owner: Profile) -> bool:
        """M1: what recurs is for customers with recurring billing."""
        if owner.billing_type is BillingType.RECURRING:
            return False
        message = say(
            "{name} has the billing type “{label}”, and services are for recurring billing.",
            name=owner.name,
            label=owner.billing_type.label,
        )
        remedy = say("Set its billing type to Recurring first, or invoice what it buys one by one.")
        self._work.refused(line, "customer", [Reason("M1", message, remedy)])
        return True

    @staticmethod
    def _new(row: ServiceFileRow, owner: Profile, payer: Profile, price: int) -> NewService:
        state, paid_until = row.state or ServiceState.ACTIVE, row.paid_until
        if row.stopped_on is not None and state is ServiceState.STOPPED and paid_until is None:
            paid_until = date.fromordinal(row.stopped_on.toordinal() - 1)  # one that is over was billed elsewhere
        if row.stopped_on is not None and row.stopped_on <= clock.today(owner.time_zone):
            state = ServiceState.STOPPED
        elif state is ServiceState.STOPPED:
            state = ServiceState.ACTIVE
        day = payer.own_billing_day
        return NewService(
            row.external_id,
            owner.id,
            row.plan,
            price,
            int(row.number * PLACES),
            row.period.value,
            None if row.tax_rate is None else int(row.tax_rate * 1_000),
            (row.prices or owner.settings.prices).value,
            state.value,
            row.started_on,
            row.stopped_on,
            paid_until,
            Schedule.beginning(row.period, day, row.started_on).anchor,
            day,
        )

    def _known(self, line: int, row: ServiceFileRow, owner: Profile, price: int, there: BilledService) -> None:
        """One that is there: nothing to do when the file says the same, a stop when it names a first day without it."""
        stops = row.stopped_on is not None and there.stopped_on is None
        differing = [column for column, same in _compared(row, owner, price, there).items() if not same]
        if differing:
            text = say(
                "“{id}” is there already with another {columns}.", id=row.external_id, columns=", ".join(differing)
            )
            self._work.wrong(line, differing[0], text)
        elif stops:
            assert row.stopped_on is not None
            self._work.updated += self._stop(line, there, row.stopped_on)
        else:
            self._work.skipped += 1

    def _stop(self, line: int, service: BilledService, on: date) -> bool:
        """Stop one; whether that could be done."""
        try:
            with attempt():
                changing.step(self._work.actor, changing.Wish(service.public_id, Deed.STOP, on))
        except Refused as error:
            self._work.refused(line, "stopped_on", error.reasons)
            return False
        return True


def _compared(row: ServiceFileRow, owner: Profile, price: int, there: BilledService) -> Mapping[str, bool]:
    """Each column that says what a service is, and whether the file and the service agree. `paid_until` moves on with
    every billing run, and a state may follow from the day on which it stops. One that was changed since is what it was
    on its first day.
    """
    first = there.timeline.versions[0]
    return {
        "customer": owner.id == there.customer_id,
        "plan": row.plan == first.plan,
        "price": price == first.price_minor,
        "number": row.number == first.number,
        "period": row.period is first.every,
        "tax_rate": row.tax_rate in (None, there.tax_rate),
        "prices": row.prices in (None, there.prices),
        "started_on": row.started_on == there.started_on,
        "stopped_on": row.stopped_on is None or there.stopped_on in (None, row.stopped_on),
        "state": row.state in (None, there.state, first.state)
        or row.stopped_on is not None
        or there.stopped_on is not None,
    }


IMPORT = Importer(FileKind.SERVICES, Permission.FINANCE_POST, take)
