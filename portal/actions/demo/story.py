"""What happened to the people of the demo over the last fourteen months."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from portal.actions.demo.people import CLINIC, CLINIC_SUBS, COMPANY, SUB_ACCOUNTS, Member
from portal.db.books import posting as ledger
from portal.db.books.posting import AccountKey, Half, NewEntry
from portal.db.customers import profiles as customers
from portal.outside import clock
from portal.rules.books import COUNTERPART, EntryKind
from portal.rules.money import allocate
from portal.rules.periods import month_after, month_before, month_of
from portal.rules.services import Period

MONTHS = 14
ACTOR = "demo"


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the story; `amount` is positive, in minor units."""

    on: date
    who: str
    kind: EntryKind
    amount: int
    description: str
    category: str = ""
    ledger: str = "house"


def write(known: dict[str, int]) -> int:
    """Write the story's entries for the customers in `known` (ids by external id); how many there are."""
    today = clock.today("UTC")
    events = [*_company(today), *_clinic(today), *_franchises(today), *_family(today), *_couple(today)]
    events = sorted((event for event in events if event.on <= today), key=lambda event: event.on)
    profiles = customers.by_ids(known[event.who] for event in events)
    entries = [_entry(event, profiles[known[event.who]]) for event in events]
    ledger.write_entries(entries, actor=ACTOR, at=clock.now())
    return len(entries)


def _entry(event: Event, profile: customers.Profile) -> NewEntry:
    signed = event.kind.sign * event.amount
    own = AccountKey(profile.partner_id, profile.payer_id, event.ledger, profile.currency)
    other = AccountKey(profile.partner_id, None, COUNTERPART[event.kind], profile.currency)
    ids = ledger.account_ids([own, other])
    return NewEntry(
        partner_id=profile.partner_id,
        payer_id=profile.payer_id,
        issued_for_id=profile.id,
        booked_on=event.on,
        kind=event.kind,
        ledger=event.ledger,
        currency=profile.currency,
        amount_minor=signed,
        halves=(Half(ids[own], signed, True), Half(ids[other], -signed, False)),
        description=event.description,
        category=event.category,
    )


def _months(today: date) -> list[date]:
    """The first days of the last MONTHS months, oldest first."""
    months = [month_of(today)]
    while len(months) < MONTHS:
        months.append(month_before(months[-1]))
    return months[::-1]


def _services(member: Member, month: date) -> Iterator[Event]:
    for plan, price, period in member.services:
        step = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}[period]
        if month.month % step == (1 if step > 1 else 0):
            yield Event(
                month.replace(day=min(member.billing_day, 28)),
                member.reference,
                EntryKind.INVOICE,
                price,
                f"{plan}, {month:%B %Y}",
                "Services",
            )


def _company(today: date) -> Iterator[Event]:
    """Acme pays for its branches: monthly services, extras, a disputed installation, payments a little behind."""
    paid_for = [COMPANY, *(member for member in SUB_ACCOUNTS if member.mode == "aggregated")]
    owed = 0
    for number, month in enumerate(_months(today)):
        charges = [event for member in paid_for for event in _services(member, month)]
        charges += _extras(month, number)
        yield from charges
        owed += sum(event.amount for event in charges)
        paid = owed if number % 3 == 2 else owed * 9 // 10
        transfer, card = allocate(paid, [4, 1])
        owed -= paid
        yield Event(
            month.replace(day=18), COMPANY.reference, EntryKind.PAYMENT, transfer, "Bank transfer, thank you", "Bank"
        )
        yield Event(month.replace(day=24), COMPANY.reference, EntryKind.PAYMENT, card, "Card payment", "Card")
    last = _months(today)[-2]
    yield Event(
        last.replace(day=26),
        "demo-harbour",
        EntryKind.CREDIT_NOTE,
        15000,
        "Credit for the late installation",
        "Goodwill",
    )
    yield Event(last.replace(day=27), COMPANY.reference, EntryKind.CREDIT, 5000, "Loyalty credit", "Goodwill", "credit")


def _extras(month: date, number: int) -> list[Event]:
    members = [member.reference for member in SUB_ACCOUNTS if member.mode == "aggregated" and member.services]
    first, second = members[number % len(members)], members[(number * 5 + 3) % len(members)]
    return [
        Event(month.replace(day=10), first, EntryKind.INVOICE, 12900 + 700 * number, "Technician on site", "Work"),
        Event(month.replace(day=14), second, EntryKind.DEBIT, 1890 + 110 * number, "Extra traffic", "Usage"),
    ]


def _clinic(today: date) -> Iterator[Event]:
    """The clinic pays every month but the current one."""
    paid_for = [CLINIC, *(member for member in CLINIC_SUBS if member.mode == "aggregated")]
    for month in _months(today):
        charges = [event for member in paid_for for event in _services(member, month)]
        yield from charges
        due = sum(event.amount for event in charges)
        yield Event(month_after(month).replace(day=4), CLINIC.reference, EntryKind.PAYMENT, due, "Direct debit", "Bank")


def _franchises(today: date) -> Iterator[Event]:
    """Independent sub-accounts are billed and pay for themselves."""
    for member in (*SUB_ACCOUNTS, *CLINIC_SUBS):
        if member.mode != "independent":
            continue
        for month in _months(today):
            charges = list(_services(member, month))
            yield from charges
            total = sum(event.amount for event in charges)
            yield Event(
                month_after(month).replace(day=3), member.reference, EntryKind.PAYMENT, total, "Direct debit", "Bank"
            )


def _family(today: date) -> Iterator[Event]:
    """Dana pays for her own classes; Mia has a small account of her own; Leo and Tomás owe for their last course."""
    for number, month in enumerate(_months(today)):
        yield Event(month.replace(day=2), "demo-parent", EntryKind.INVOICE, 4200, f"Swimming, {month:%B}", "Classes")
        yield Event(month.replace(day=5), "demo-teen", EntryKind.INVOICE, 2400, f"Ballet, {month:%B}", "Classes")
        yield Event(month.replace(day=6), "demo-teen", EntryKind.PAYMENT, 2400, "Card payment", "Card")
        if number % 4 == 1:
            yield Event(month.replace(day=12), "demo-parent", EntryKind.DEBIT, 850, "Locker key replaced", "Shop")
        yield Event(month.replace(day=16), "demo-parent", EntryKind.PAYMENT, 4200, "Direct debit", "Bank")
    yield Event(
        _months(today)[-2].replace(day=20), "demo-stranger", EntryKind.INVOICE, 1500, "Climbing taster", "Classes"
    )

    last = _months(today)[-2]
    yield Event(last.replace(day=21), "demo-child", EntryKind.INVOICE, 2400, "Judo, four lessons", "Classes")
    yield Event(last.replace(day=23), "demo-tomas", EntryKind.INVOICE, 1850, "Toddler music", "Classes")


def _couple(today: date) -> Iterator[Event]:
    """Alex and Sam share one House Account and Customer Credit, which Alex holds."""
    for number, month in enumerate(_months(today)):
        who = "demo-alex" if number % 2 else "demo-sam"
        yield Event(month.replace(day=3), "demo-alex", EntryKind.INVOICE, 3900, f"Gym, {month:%B}", "Membership")
        yield Event(month.replace(day=3), "demo-sam", EntryKind.INVOICE, 3400, f"Yoga, {month:%B}", "Membership")
        yield Event(month.replace(day=11), who, EntryKind.DEBIT, 650 + 25 * number, "Café and bar", "Shop")
        yield Event(month.replace(day=15), who, EntryKind.PAYMENT, 7300 + 650, "Card payment", "Card")
    yield Event(
        _months(today)[-3].replace(day=8), "demo-sam", EntryKind.CREDIT, 5000, "Gift voucher", "Voucher", "credit"
    )
