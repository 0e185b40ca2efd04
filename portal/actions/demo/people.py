"""Who is in the demo: partners, customers, links, services, logins and staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.db import notices
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import NewCustomer, NewPartner
from portal.db.links import linking as links
from portal.db.logins import people as logins
from portal.db.notices import Blocked
from portal.db.services import add_service
from portal.outside import clock
from portal.rules.customers.status import BlockedCause, Kind, Status
from portal.rules.deciding import SYSTEM
from portal.rules.holders import Role
from portal.rules.links.facts import BillingMode
from portal.rules.notices import NoticeSettings
from portal.rules.periods import month_after
from portal.rules.sentences import say
from portal.rules.services import Period

CLUB = NewPartner(
    name="Riverside Leisure",
    address="Riverside Leisure Ltd\n2 Boathouse Lane\nBrighton BN1 1AA",
    contact="hello@riverside-leisure.example\n+44 1273 555 010",
    time_zone="Europe/London",
    locale="en_GB",
)
CARRIER = NewPartner(
    name="Harbour Broadband",
    address="Harbour Broadband a.s.\nNábřeží 4\n602 00 Brno",
    contact="accounts@harbour-broadband.example\n+420 541 555 020",
    time_zone="Europe/Prague",
    locale="en_GB",
    shows_bookings=False,
    shows_memberships=False,
)

CARE = NewPartner(
    name="Hillside Care",
    address="Hillside Care CIC\n9 School Hill\nLewes BN7 2DA",
    contact="office@hillside-care.example\n+44 1273 555 060",
    time_zone="Europe/London",
    locale="en_GB",
)


@dataclass(frozen=True, slots=True)
class Member:
    """A demo customer: its external id is `demo-` and `key`. `services` are (plan, minor units a period, period)."""

    key: str
    name: str
    partner: NewPartner = CARRIER
    kind: Kind = Kind.BUSINESS
    address: str = ""
    status: Status = Status.ACTIVE
    blocked_cause: BlockedCause | None = None
    born_on: date | None = None
    billing_day: int = 1
    mode: str = "aggregated"
    services: tuple[tuple[str, int, Period], ...] = ()
    email: str = ""
    phone: str = ""

    @property
    def reference(self) -> str:
        return f"demo-{self.key}"


BROADBAND_50, BROADBAND_200 = ("Broadband 50", 4990, Period.MONTH), ("Broadband 200", 7490, Period.MONTH)
TELEPHONY, STATIC_IP = ("Telephony", 2500, Period.MONTH), ("Static address", 990, Period.MONTH)
BACKUP, SUPPORT = ("Online backup", 11900, Period.YEAR), ("Priority support", 8900, Period.QUARTER)

FAMILY = (
    Member("parent", "Dana Novák", CLUB, Kind.INDIVIDUAL, "14 Mill Road\nBrighton BN2 3CD", born_on=date(1984, 2, 9)),
    Member(
        "nanny", "Rosa Lima", CLUB, Kind.INDIVIDUAL, "Flat 3, 80 Elm Grove\nBrighton BN2 3EX", born_on=date(1998, 7, 30)
    ),
    Member("teen", "Mia Novák", CLUB, Kind.INDIVIDUAL, "14 Mill Road\nBrighton BN2 3CD", born_on=date(2011, 5, 3)),
    Member("child", "Leo Novák", CLUB, Kind.INDIVIDUAL, "14 Mill Road\nBrighton BN2 3CD", born_on=date(2018, 9, 21)),
)
CARED_FOR = (
    Member("carer", "Nadia Brandt", CARE, Kind.INDIVIDUAL, "7 Hill Lane\nLewes BN7 2AA"),
    Member("ines", "Ines Duarte", CARE, Kind.INDIVIDUAL, "22 Chapel Street\nLewes BN7 1RQ"),
    Member("tomas", "Tomás Duarte", CARE, Kind.INDIVIDUAL, "22 Chapel Street\nLewes BN7 1RQ", born_on=date(2020, 2, 8)),
    Member("owen", "Owen Clarke", CARE, Kind.INDIVIDUAL, "3 Castle Rise\nLewes BN7 1YE"),
    Member("june", "June Clarke", CARE, Kind.INDIVIDUAL, "3 Castle Rise\nLewes BN7 1YE", born_on=date(2017, 6, 30)),
    Member("theo", "Theo Clarke", CARE, Kind.INDIVIDUAL, "3 Castle Rise\nLewes BN7 1YE", born_on=date(2021, 10, 2)),
    Member("erin", "Erin Clarke", CARE, Kind.INDIVIDUAL, "3 Castle Rise\nLewes BN7 1YE", born_on=date(2014, 3, 12)),
)
"""Two families who share a carer; over one of the children there is a dispute."""
COUPLE = (
    Member("alex", "Alex Moreau", CLUB, Kind.INDIVIDUAL, "5 Harbour View\nBrighton BN2 5XY"),
    Member("sam", "Sam Moreau", CLUB, Kind.INDIVIDUAL, "5 Harbour View\nBrighton BN2 5XY"),
)
STRANGER = Member("stranger", "Pat Winter", CLUB, Kind.INDIVIDUAL, "31 Sea Street\nBrighton BN1 4QQ")
COMPANY = Member(
    "company",
    "Acme Ltd",
    address="Acme Ltd\nPekařská 12\n602 00 Brno",
    services=(BROADBAND_200, TELEPHONY),
    phone="+420 541 555 111",
)
SUB_ACCOUNTS = (
    Member("branch", "Riverside branch", address="4 Quay Street, Brno", services=(BROADBAND_50, TELEPHONY, STATIC_IP)),
    Member("franchise", "Franchise Süd GmbH", address="Ludwigstr. 2, München", mode="independent", billing_day=15,
           services=(BROADBAND_200, BROADBAND_50, TELEPHONY, SUPPORT)),
    Member("harbour", "Harbour branch", address="1 Dock Road, Gdańsk", billing_day=9,
           services=(BROADBAND_50, STATIC_IP)),
    Member("cafe", "Łukasz Café", address="9 Market Square, Kraków", status=Status.BLOCKED,
           blocked_cause=BlockedCause.BY_HAND, services=(BROADBAND_50,), phone="+48 12 555 01 99"),
    Member("depot", "Depot 7", address="Ring 77, Plzeň", status=Status.NEW),
    Member("bakery", "Αρτοποιείο Ελένη", address="Οδός Ερμού 20, Θεσσαλονίκη", services=(BROADBAND_50,)),
    Member("press", "Олег Пресс", address="ул. Витоша 8, София", services=(BROADBAND_50, BACKUP)),
    Member("tokyo", "株式会社アクメ", address="千代田区丸の内1-1, 東京", services=(BROADBAND_200,)),
    Member("noor", "شركة النور", address="شارع الملك فيصل, Dubai", services=(BROADBAND_50, TELEPHONY)),
    Member("pune", "Acme Pune Pvt Ltd", address="MG Road 14, Pune", services=(BROADBAND_200, SUPPORT)),
    Member("kiosk-north", "Kiosk North", address="Nádražní 1, Ostrava", services=(BROADBAND_50,)),
    Member("kiosk-south", "Kiosk South", address="Lidická 44, České Budějovice", services=(BROADBAND_50,)),
    Member("warehouse", "Central warehouse", address="Logistická 5, Jirny",
           services=(BROADBAND_200, TELEPHONY, BACKUP)),
    Member("showroom", "Showroom Vienna", address="Mariahilfer Str. 88, Wien", services=(BROADBAND_200, STATIC_IP)),
    Member("studio", "Studio O’Brien & Daughters", address="12 Temple Lane, Dublin", services=(BROADBAND_50,)),
    Member("lab", "Test laboratory", address="Technická 9, Brno", services=(BROADBAND_200, STATIC_IP, SUPPORT)),
    Member("garage", "Garage Zlín", address="Okružní 3, Zlín", status=Status.INACTIVE),
    Member("pier", "Pier office", address="Pier 6, Rotterdam", mode="independent", billing_day=20,
           services=(BROADBAND_200,)),
)  # fmt: skip
CLINIC = Member("clinic", "Harbour Clinic", address="Harbour Clinic\nDvořákova 3\n602 00 Brno", services=(TELEPHONY,))
CLINIC_SUBS = (
    Member("clinic-east", "Clinic East", address="Cejl 40, Brno", services=(BROADBAND_200, TELEPHONY)),
    Member("clinic-west", "Clinic West", address="Vídeňská 11, Brno", status=Status.BLOCKED,
           blocked_cause=BlockedCause.BY_HAND, services=(BROADBAND_50,)),
    Member("clinic-lab", "Clinic laboratory", address="Purkyňova 5, Brno", mode="independent",
           services=(BROADBAND_50,)),
)  # fmt: skip
"""Few enough for a card each on Home."""
MAIN_ACCOUNTS = ((COMPANY, SUB_ACCOUNTS), (CLINIC, CLINIC_SUBS))
EVERYBODY = (*FAMILY, *CARED_FOR, *COUPLE, STRANGER, COMPANY, *SUB_ACCOUNTS, CLINIC, *CLINIC_SUBS)

SIGN_INS = (
    ("parent", "Dana Novák"),
    ("nanny", "Rosa Lima"),
    ("teen", "Mia Novák"),
    ("company", "Viktor Dvořák"),
    ("branch", "Jana Malá"),
    ("franchise", "Anna Huber"),
    ("alex", "Alex Moreau"),
    ("sam", "Sam Moreau"),
    ("stranger", "Pat Winter"),
    ("carer", "Nadia Brandt"),
    ("ines", "Ines Duarte"),
    ("clinic", "Hana Veselá"),
)
STAFF = (
    ("super", "Petra Horn", Role.SUPER),
    ("admin", "Tom Adler", Role.ADMINISTRATOR),
    ("frontdesk", "Fay Desk", Role.FRONT_OF_HOUSE),
    ("operations", "Omar Peters", Role.OPERATIONS),
)

LINKED_DAYS_AGO = 500
"""The company's sub-accounts have been linked for longer than the demo's history reaches back."""

BLOCKED_AGO = timedelta(days=10)
"""Since then the café is blocked by hand; it is told now, since the demo begins now."""


def add(password_hash: str) -> dict[str, int]:
    """Add everybody; their ids by external id."""
    partners = {partner.name: customers.add_partner(partner) for partner in (CLUB, CARRIER, CARE)}
    known = {member.reference: _add(member, partners[member.partner.name]) for member in EVERYBODY}
    _link(known, partners)
    _tell_the_blocked(known, partners[CARRIER.name])
    for member in EVERYBODY:
        for plan, price, period in member.services:
            began = _today() - timedelta(days=LINKED_DAYS_AGO - 30)
            add_service(known[member.reference], plan, price, period, began, paid_until=_paid_until(period))
    for key, name in SIGN_INS:
        logins.add_customer_login(
            customer_id=known[f"demo-{key}"], email=f"{key}@demo.example", name=name, password_hash=password_hash
        )
    for key, name, role in STAFF:
        logins.add_administrator(
            email=f"{key}@demo.example", name=name, role=role, password_hash=password_hash, partner_id=None
        )
    return known


def _paid_until(period: Period) -> date:
    """The last day of the month, quarter or year that the story has billed."""
    end = month_after(_today())
    step = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}[period]
    while (end.month - 1) % step:
        end = month_after(end)
    return end - timedelta(days=1)


def _tell_the_blocked(known: dict[str, int], partner_id: int) -> None:
    """Notices of blocking are on at the carrier, and the hour of one has come."""
    notices.save_settings(partner_id, NoticeSettings(on=True, by_sms=True))
    blocked = [known[member.reference] for member in SUB_ACCOUNTS if member.blocked_cause]
    now = clock.now()
    notices.write([(Blocked(key, None, partner_id), now) for key in blocked], now)


def _today() -> date:
    return clock.today("UTC")


def _add(member: Member, partner_id: int) -> int:
    given, _, family = member.name.partition(" ")
    individual = member.kind is Kind.INDIVIDUAL
    signs_in = any(member.key == key for key, _ in SIGN_INS)
    return customers.add_customer(
        NewCustomer(
            external_id=member.reference,
            partner_id=partner_id,
            kind=member.kind,
            name=member.name,
            given_name=given if individual else "",
            family_name=family if individual else "",
            email=f"{member.key}@demo.example" if signs_in or not individual else "",
            billing_email="" if individual else f"billing.{member.key}@demo.example",
            phone=member.phone,
            address=member.address,
            born_on=member.born_on,
            own_status=member.status,
            blocked_cause=member.blocked_cause,
            status_changed_at=clock.now() - BLOCKED_AGO if member.blocked_cause else None,
            billing_day=member.billing_day,
            created_at=clock.now() - timedelta(days=LINKED_DAYS_AGO + 30),
        )
    )


def _link(known: dict[str, int], partners: dict[str, int]) -> None:
    since = clock.now() - timedelta(days=LINKED_DAYS_AGO)
    for main, members in MAIN_ACCOUNTS:
        for member in members:
            _link_one(known, partners[CARRIER.name], main, member, since)
        links.set_management(known[main.reference], True)
    first, second = COUPLE
    links.begin_sharing(partners[CLUB.name], known[first.reference], known[second.reference], since)
    for member in COUPLE:
        text = say("{second} shares the balances of {first}", second=second.name, first=first.name)
        audit.record(SYSTEM, "partner_accounts.link", text, subject_id=known[member.reference])


def _link_one(known: dict[str, int], partner_id: int, main: Member, member: Member, since: datetime) -> None:
    links.begin(partner_id, known[main.reference], known[member.reference], BillingMode(member.mode), since)
    text = (
        say("{sub}: linked to {main}, aggregated", sub=member.name, main=main.name)
        if member.mode == BillingMode.AGGREGATED
        else say("{sub}: linked to {main}, independent", sub=member.name, main=main.name)
    )
    audit.record(SYSTEM, "sub_accounts.link", text, subject_id=known[member.reference])
