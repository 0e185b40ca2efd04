"""Paying several invoices together: a payment request with one reference for all of them (F12).

A request moves no money. A bank line that names its reference is proposed to settle just these invoices (F16).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from portal.actions import access
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.invoices import listing, requests
from portal.db.invoices.listing import ListedInvoice
from portal.db.invoices.requests import AskedPart
from portal.outside import clock
from portal.outside.bank.accounts import iso_reference
from portal.outside.bank.paying import payment_block
from portal.rules.deciding import Actor, Grant
from portal.rules.errors import Invalid, Missing, NotAllowed, Reason, Refused
from portal.rules.invoices.due import days_overdue
from portal.rules.money import Money
from portal.rules.paying import PaymentBlock
from portal.rules.permissions import Permission
from portal.rules.sentences import say

MOST = 200
"""Invoices in one request, and on the page where they are chosen; the oldest due come first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that still asks for something: `minor` of it, in minor units."""

    public_id: str
    reference: str
    on: date
    minor: int


@dataclass(frozen=True, slots=True)
class Payable:
    """An open invoice that can be chosen, and the requests that ask for it already, the newest first."""

    invoice: ListedInvoice
    days_overdue: int
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Choosing:
    """The open invoices of a payer, the oldest due first, and the requests that still wait for money.

    `payable` is False where the partner has no bank account yet.
    """

    rows: tuple[Payable, ...]
    waiting: tuple[Asked, ...]
    currency: str
    payable: bool

    @property
    def open_minor(self) -> int:
        return sum(one.invoice.open_minor for one in self.rows)


@dataclass(frozen=True, slots=True)
class Requested:
    """A request: its public id; `created` is False for one that asked for just this already."""

    public_id: str
    created: bool = True


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request as it stands today; `pay` is None once nothing of it is open."""

    public_id: str
    reference: str
    on: date
    currency: str
    parts: tuple[AskedPart, ...]
    pay: PaymentBlock | None

    @property
    def due_minor(self) -> int:
        return sum(part.due_minor for part in self.parts)


@snapshot
def choices(actor: Actor, profile: Profile) -> Choosing:
    """What can be paid together. Raises NotAllowed for somebody who does not pay, and Missing."""
    _require(actor, profile)
    today = clock.today(profile.time_zone)
    asked = requests.of_payer(profile.id)
    waiting = _waiting(asked, profile)
    by_invoice: dict[int, list[Asked]] = {}
    for part in asked:
        by_invoice.setdefault(part.entry_id, []).append(waiting[part.public_id])
    payables = [
        Payable(one, days_overdue(one.due_on, today), tuple(by_invoice.get(one.id, ()))) for one in _open(profile)
    ]
    return Choosing(tuple(payables), tuple(waiting.values()), profile.currency, bool(profile.settings.iban))


@writes(once="invoice.request", answer=Requested)
def request(
    actor: Actor, customer: str, invoices: Sequence[str], *, again: bool = False, once: str | None = None
) -> Requested:
    """Ask to pay these invoices (public ids) together.

    The same invoices with the same open amounts are the same request. Raises Missing and NotAllowed; Invalid where none
    is chosen; Refused where one is settled, the partner has no bank account, or another request asks for some of them
    and nobody said `again` (F12).
    """
    profile = customers.require(customer)
    grant = _require(actor, profile)
    customers.lock({profile.id}, exclusive=True)
    chosen = _chosen(profile, invoices)
    asked = requests.of_payer(profile.id)
    if (same := _same(asked, {one.id: one.open_minor for one in chosen})) is not None:
        return Requested(same, created=False)
    if reasons := _against(profile, chosen, asked, again=again):
        raise Refused(reasons)
    reference = iso_reference(requests.new_number())
    public_id = requests.add(
        reference,
        partner_id=profile.partner_id,
        holder_id=profile.id,
        currency=profile.currency,
        parts=[(one.id, one.open_minor) for one in chosen],
        actor=actor.label,
        at=clock.now(),
    )
    amount = Money(sum(one.open_minor for one in chosen), profile.currency)
    text = say("Asked to pay {amount} together by {reference}", amount=amount, reference=reference)
    audit.record(actor, "invoice.request", text, subject_id=profile.id, grant=grant, request=public_id)
    return Requested(public_id)


@snapshot
def open_request(actor: Actor, profile: Profile, public_id: str) -> RequestView:
    """A request of a payer's. Raises Missing for any other, also for one whose invoices somebody else pays by now (P2),
    and NotAllowed.
    """
    _require(actor, profile)
    parts = requests.parts(profile.id, public_id)
    if not parts:
        if name := requests.moved_to(profile.id, public_id):
            raise Missing(say("The invoices of this payment moved to {name}.", name=name))
        raise Missing()
    first = parts[0]
    due = sum(part.due_minor for part in parts)
    pay = payment_block(
        profile.settings, "", due, profile.currency, holder=profile.partner_name, reference=first.reference
    )
    return RequestView(public_id, first.reference, _day(first, profile), profile.currency, tuple(parts), pay)


def _require(actor: Actor, profile: Profile) -> Grant:
    grant = access.require(actor, Permission.INVOICES_PAY, profile)
    if profile.payer_id != profile.id:
        raise NotAllowed(
            say("{payer} pays what is issued for {name}.", payer=profile.payer_name, name=profile.name),
        )
    return grant


def _open(profile: Profile) -> list[ListedInvoice]:
    wanted = listing.Wanted(profile.id, clock.today(profile.time_zone), state="open")
    return listing.page(wanted, limit=MOST, offset=0)


def _chosen(profile: Profile, invoices: Sequence[str]) -> list[ListedInvoice]:
    """The open invoices that were chosen. Raises Invalid for none, Refused for one that is not open any more."""
    wanted = dict.fromkeys(invoices)
    if not wanted:
        raise Invalid({"invoice": say("Choose at least one invoice.")})
    found = [one for one in _open(profile) if one.public_id in wanted]
    if len(found) < len(wanted):
        message = say("Not all of these invoices are open any more.")
        raise Refused([Reason("F12", message, say("Look at what is open now, and choose again."))])
    return found


def _against(
    profile: Profile, chosen: Sequence[ListedInvoice], asked: Sequence[AskedPart], *, again: bool
) -> list[Reason]:
    reasons = []
    if not profile.settings.iban:
        message = say("{partner} has not said yet to which bank account to pay.", partner=profile.partner_name)
        reasons.append(Reason("F12", message, say("Ask how to pay.")))
    doubled = {part.entry_id: part for part in reversed(asked)}
    for one in chosen:
        if not again and (part := doubled.get(one.id)) is not None:
            message = say(
                "{invoice} is in the request {reference} of {day} already.",
                invoice=one.number,
                reference=part.reference,
                day=_day(part, profile),
            )
            reasons.append(Reason("F12", message, say("Pay that one, or ask again and pay only one of the two.")))
    return reasons


def _same(asked: Sequence[AskedPart], wanted: dict[int, int]) -> str | None:
    """The newest request that asks for exactly this."""
    by_request: dict[str, dict[int, int]] = {}
    for part in asked:
        by_request.setdefault(part.public_id, {})[part.entry_id] = part.amount_minor
    return next((public_id for public_id, parts in by_request.items() if parts == wanted), None)


def _waiting(parts: Sequence[AskedPart], profile: Profile) -> dict[str, Asked]:
    sums: dict[str, Asked] = {}
    for part in parts:
        before = sums.get(part.public_id)
        minor = part.due_minor + (before.minor if before else 0)
        sums[part.public_id] = Asked(part.public_id, part.reference, _day(part, profile), minor)
    return sums


def _day(part: AskedPart, profile: Profile) -> date:
    return part.created_at.astimezone(ZoneInfo(profile.time_zone)).date()
