"""What a partner chooses for the portal of its customers: one value, loaded once and carried wherever a rule asks."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from portal.rules.bookings.states import BookingPayer, ChargeBookings
from portal.rules.customers.status import BillingType
from portal.rules.invoices.prices import Prices
from portal.rules.permissions import BOOKINGS, FINANCE, MEMBERSHIPS, SERVICES, TICKETS, Permission
from portal.rules.sentences import Sentence, say

MAJORITY_AGE, GROUPS_PER_CUSTOMER = 18, 1
"""What a partner has until Operations choose otherwise (G5, G13)."""


class AllocationMode(StrEnum):
    """Which invoices a payment settles by itself (F7): none until somebody chooses, or the oldest due first."""

    CHOICE = "choice"
    OLDEST = "oldest"


class ReferenceForm(StrEnum):
    """By what a payment names the invoice it is for (F12): an ISO 11649 reference, or the number of the invoice."""

    ISO11649 = "iso11649"
    NUMBER = "number"


class SecondFactor(StrEnum):
    """Whether customers need a second factor to sign in."""

    OFF = "off"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the portal that a partner shows or hides: what staff call it and the choice of it, and what nobody may
    where it is hidden.

    To add one, declare a setting with `_section` below, and give `Partner` its column and the form its field.
    """

    name: Sentence
    choice: Sentence
    permissions: frozenset[Permission]


def _section(name: Sentence, choice: Sentence, *permissions: Permission) -> bool:
    """The declaration of a setting that shows a section (O5)."""
    shown: bool = field(default=True, metadata={"section": Section(name, choice, frozenset(permissions))})
    return shown


@dataclass(frozen=True, slots=True)
class PartnerSettings:
    """The settings of one partner. Where no partner is, as for staff who look after all of them, the defaults hold.

    `time_zone` is an IANA name, `locale` such as "en_GB". `manages_independent` lets main accounts open independent
    sub-accounts (L16), `independent_orders` order for them. `groups_on` is the feature as it is in force (G1); ages
    are in years.

    `tax_rate` is a percentage, `terms` such as "14 days" or "month end + 45 days" (F12), `grace_days` what an invoice
    may be overdue before it blocks (F9). `reminders` are days past due with a fee where there is one, such as
    "5,20,40:10.00" (F14); `reminder_minimum` is in minor units of the partner's currency. `iban` and `bic` are written
    without spaces. `billing_schedule` is "off", or the hour of the daily billing run such as "06:00".

    `waiting_cut_off` is how many minutes before a session nobody is promoted any more, `waiting_hold` how many hours a
    place is held for whoever is (B2); 0 books at once. `booking_payer` says whose payer is charged (B6),
    `charge_bookings` how, `keep_bookings_of_blocked` whether those who are Blocked keep what they booked (B12).

    `documents_quota` is how many megabytes the files that were brought for one customer may take (M3),
    `tickets_close_after` how many days after it was solved a ticket is closed for good (M4).
    """

    time_zone: str = "Europe/London"
    locale: str = "en_GB"
    shows_statements: bool = _section(say("Statements"), say("whether statements are shown"), *FINANCE)
    shows_services: bool = _section(say("Services"), say("whether services are shown"), *SERVICES)
    shows_documents: bool = _section(
        say("Documents"),
        say("whether documents are shown"),
        Permission.DOCUMENTS_VIEW,
        Permission.DOCUMENTS_ADD,
        Permission.STATEMENTS_SAVE,
    )
    shows_bookings: bool = _section(say("Bookings"), say("whether bookings are shown"), *BOOKINGS)
    shows_memberships: bool = _section(say("Memberships"), say("whether memberships are shown"), *MEMBERSHIPS)
    shows_tickets: bool = _section(say("Tickets"), say("whether tickets are shown"), *TICKETS)
    manages_independent: bool = False
    independent_orders: bool = True
    groups_on: bool = False
    customers_create_groups: bool = False
    groups_per_customer: int = GROUPS_PER_CUSTOMER
    majority_age: int = MAJORITY_AGE
    consent_age: int = 16
    second_factor: SecondFactor = SecondFactor.OFF
    default_billing_type: BillingType = BillingType.RECURRING
    default_billing_day: int = 1
    billing_schedule: str = "off"
    prices: Prices = Prices.NET
    tax_rate: Decimal = Decimal(0)
    terms: str = "14 days"
    allocation: AllocationMode = AllocationMode.CHOICE
    apply_credit: bool = False
    blocking: bool = False
    grace_days: int = 0
    reminders: str = ""
    reminder_minimum: int = 0
    account_name: str = ""
    iban: str = ""
    bic: str = ""
    reference: ReferenceForm = ReferenceForm.ISO11649
    tax_id: str = ""
    waiting_cut_off: int = 0
    waiting_hold: int = 0
    booking_payer: BookingPayer = BookingPayer.CHOICE
    charge_bookings: ChargeBookings = ChargeBookings.INVOICE
    keep_bookings_of_blocked: bool = True
    documents_quota: int = 500
    tickets_close_after: int = 14

    def hides(self, permission: Permission) -> bool:
        """Whether a permission belongs to a section that is not shown: then nobody can ask for it (O5)."""
        return any(not getattr(self, name) for name in _SHOWING.get(permission, ()))

    @property
    def hidden_sections(self) -> tuple[Sentence, ...]:
        """What staff call the sections that are not shown."""
        return tuple(section.name for name, section in SECTIONS.items() if not getattr(self, name))


DEFAULTS = PartnerSettings()

SECTIONS = MappingProxyType(
    {one.name: one.metadata["section"] for one in fields(PartnerSettings) if "section" in one.metadata}
)
"""The sections that can be hidden, by the setting that shows them."""

_SHOWING = {
    permission: tuple(name for name, section in SECTIONS.items() if permission in section.permissions)
    for permission in Permission
}
