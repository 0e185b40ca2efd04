"""A customer's profile in the back office: what it shows, and changing the details."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

from portal.actions import access
from portal.actions.customers.details import changed_meanwhile
from portal.actions.logins.checks import contact_address
from portal.actions.services import Services
from portal.db import services as service_rows
from portal.db.audit import records as audit
from portal.db.audit import search as audit_search
from portal.db.audit.search import AuditFilter, AuditLine
from portal.db.books import posting as ledger
from portal.db.customers import changes as profiles
from portal.db.customers import profiles as customers
from portal.db.customers.changes import Counts, Edit
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.groups import guardians
from portal.db.groups import members as groups
from portal.db.links import linking as links
from portal.db.partners import settings as partner_rows
from portal.outside import clock
from portal.rules import texts
from portal.rules.amounts import number_text
from portal.rules.balances import Balances
from portal.rules.customers.names import Names, full_name
from portal.rules.customers.status import BillingType, Kind
from portal.rules.days import EARLIEST_BIRTH
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Invalid, Reason, Refused
from portal.rules.links.sub_accounts import billing_type_refusals
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

EDITED = "customer.edit"
RECENT = 6
LOG_PAGE = 50


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above every tab: the customer, and how many sub-accounts it has."""

    profile: Profile
    sub_accounts: int
    aggregated: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The Summary tab. `balances` are the payer's and None without the right to see finances.

    `waiting` counts the customer's future items, `waiting_minor` is their sum; `activity` is None without the right
    to read the audit log.
    """

    counts: Counts
    created_at: datetime
    balances: Balances | None
    waiting: int
    waiting_minor: int
    activity: Sequence[AuditLine] | None


@dataclass(frozen=True, slots=True)
class LogPage:
    """Up to 50 lines of what was done for a customer, newest first; `older` leads to the next ones, "" at the end."""

    lines: Sequence[AuditLine]
    older: str


@dataclass(frozen=True, slots=True)
class Details:
    """The details staff may change. `partner` is a public id; `billing_day` is the customer's own, 1 to 31.

    `tax_rate` is a percentage, None where the partner's holds.
    """

    name: str
    given_name: str
    family_name: str
    kind: Kind
    email: str
    billing_email: str
    phone: str
    address: str
    born_on: date | None
    partner: str
    billing_type: BillingType
    billing_day: int
    tax_rate: Decimal | None = None


FIELD_LABELS = MappingProxyType(
    {
        "name": say("Name"),
        "given_name": say("Given name"),
        "family_name": say("Family name"),
        "kind": say("Kind"),
        "email": say("Email address"),
        "billing_email": say("Billing email address"),
        "phone": say("Phone"),
        "address": say("Address"),
        "born_on": say("Date of birth"),
        "partner": say("Partner"),
        "billing_type": say("Billing type"),
        "billing_day": say("Billing day"),
        "tax_rate": say("Tax rate"),
    }
)
CONTACT_FIELDS = ("name", "given_name", "family_name", "email", "billing_email", "phone", "address")
"""What can be corrected with the permission for contact details alone (C5)."""

FIELD_NAMES = MappingProxyType(
    {
        "name": say("name"),
        "given_name": say("given name"),
        "family_name": say("family name"),
        "kind": say("kind"),
        "email": say("email address"),
        "billing_email": say("billing email address"),
        "phone": say("phone"),
        "address": say("address"),
        "born_on": say("date of birth"),
        "partner": say("partner"),
        "billing_type": say("billing type"),
        "billing_day": say("billing day"),
        "tax_rate": say("tax rate"),
    }
)
"""The fields as they are called inside a sentence."""

_LONGEST = {
    "name": 200,
    "given_name": 100,
    "family_name": 100,
    "email": 254,
    "billing_email": 254,
    "phone": 60,
    "address": 1000,
}


class Stale(Conflict):
    """Somebody else changed the details since the form was opened (R24). `edits` says who changed what, if known."""

    def __init__(self, profile: Profile, edits: Sequence[Edit]) -> None:
        super().__init__(changed_meanwhile(profile))
        self.profile = profile
        self.edits = tuple(edits)


def head(actor: Actor, profile: Profile) -> Head:
    """The head of a loaded profile."""
    access.require(actor, Permission.CUSTOMERS_VIEW, profile)
    return Head(profile, *customers.count_sub_accounts(profile.id))


@snapshot
def summary(actor: Actor, profile: Profile) -> Summary:
    """The Summary tab of a loaded profile."""
    access.require(actor, Permission.CUSTOMERS_VIEW, profile)
    balances, waiting = None, (0, 0)
    if access.weigh(actor, Permission.CUSTOMERS_FINANCE, profile):
        today = clock.today(profile.time_zone)
        balances = ledger.balances({profile.payer_id: profile.currency}, today)[profile.payer_id]
        waiting = ledger.waiting_for([profile.id]).get(profile.id, (0, 0))
    activity = None
    if access.weigh(actor, Permission.AUDIT_VIEW, profile):
        activity = audit_search.lines(AuditFilter(size=RECENT), subject_id=profile.id)[:RECENT]
    return Summary(profiles.counts(profile.id), profiles.created_at(profile.id), balances, *waiting, activity)


@snapshot
def balances(actor: Actor, profile: Profile) -> Balances:
    """The balances of whoever pays for a loaded profile, as of today (F10)."""
    access.require(actor, Permission.CUSTOMERS_FINANCE, profile)
    today = clock.today(profile.time_zone)
    return ledger.balances({profile.payer_id: profile.currency}, today)[profile.payer_id]


@snapshot
def services(actor: Actor, profile: Profile) -> Services:
    """The Services tab, active ones first."""
    access.require(actor, Permission.CUSTOMERS_VIEW, profile)
    return Services(service_rows.of_customer(profile.id, clock.today(profile.time_zone)), profile.currency)


@snapshot
def log(actor: Actor, profile: Profile, *, before: str = "") -> LogPage:
    """The Log tab; `before` is the `older` of the page above."""
    access.require(actor, Permission.AUDIT_VIEW, profile)
    found = audit_search.lines(AuditFilter(before=before, size=LOG_PAGE), subject_id=profile.id)
    return LogPage(found[:LOG_PAGE], found[LOG_PAGE - 1].public_id if len(found) > LOG_PAGE else "")


def details_of(profile: Profile) -> Details:
    """The details as they are now, for filling the form."""
    return Details(
        profile.name,
        profile.given_name,
        profile.family_name,
        Kind(profile.kind),
        profile.email,
        profile.billing_email,
        profile.phone,
        profile.address,
        profile.born_on,
        profile.partner_public_id,
        BillingType(profile.billing_type),
        profile.own_billing_day,
        profile.tax_rate,
    )


@writes(once=EDITED, answer=tuple[Sentence, ...])
def edit_details(
    actor: Actor, public_id: str, wanted: Details, *, version: int, once: str | None = None
) -> tuple[Sentence, ...]:
    """Change a customer's details; the names of the fields that changed, in plain words.

    `version` is the one the form was opened with. Raises Stale when somebody else was faster, Invalid for fields,
    Refused where L8 keeps the billing type or the books keep the partner, Missing and NotAllowed.
    """
    profile = access.load_subject(actor, public_id)
    access.require(actor, Permission.CUSTOMERS_CONTACT, profile)
    wanted = _cleaned(wanted)
    customers.lock([profile.id], exclusive=True)
    groups.hold_of([profile.id])
    profile = customers.by_id(profile.id)
    if profile.version != version:
        raise Stale(profile, profiles.edits_since(profile.id, EDITED, version))
    before = details_of(profile)
    wanted = replace(wanted, name=full_name(_names(before), _names(wanted)))
    partner_id = _partner_for(actor, wanted.partner, before.partner)
    fields = _differences(actor, before, wanted)
    if any(name not in CONTACT_FIELDS for name in fields):
        access.require(actor, Permission.CUSTOMERS_EDIT, profile)
    _check_rules(profile, before, wanted)
    changed = tuple(FIELD_NAMES[name] for name in fields)
    if fields:
        _save(profile, wanted, partner_id)
        text = say("Changed {fields}", fields=changed)
        audit.record(actor, EDITED, text, subject_id=profile.id, version=profile.version + 1, fields=fields)
    return changed


def _cleaned(wanted: Details) -> Details:
    """The values as they are stored. Raises Invalid for all wrong fields at once."""
    values = asdict(wanted)
    wrong = {}
    for name, longest in _LONGEST.items():
        text = str(values[name]).replace("\r\n", "\n").replace("\x00", "")
        values[name] = text = _FORMS.get(name, _one_line)(text)
        if len(text) > longest:
            wrong[name] = say("Use at most {longest} characters here.", longest=longest)
    if not values["name"]:
        wrong["name"] = say("Enter the customer’s name.")
    for name in ("email", "billing_email"):
        if values[name] and name not in wrong and contact_address(values[name]) is None:
            wrong[name] = say("Enter an email address, such as name@example.org, or leave this empty.")
    if wanted.born_on is not None and not EARLIEST_BIRTH <= wanted.born_on <= clock.today("UTC"):
        wrong["born_on"] = say("A date of birth lies between 1900 and today.")
    if not 1 <= wanted.billing_day <= 31:
        wrong["billing_day"] = say("The billing day is a day from 1 to 31; a shorter month has its last day instead.")
    if wrong:
        raise Invalid(wrong)
    return Details(**values)


def _names(details: Details) -> Names:
    return Names(details.name, details.given_name, details.family_name)


def _one_line(text: str) -> str:
    return " ".join(text.split())


_FORMS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("name", "given_name", "family_name"), texts.name),
    **dict.fromkeys(("email", "billing_email"), texts.email),
    "address": str.strip,
}
"""How each field is written; the others are one line of text."""


def _partner_for(actor: Actor, wanted: str, now: str) -> int | None:
    """The id of another partner that was chosen, None when it stays."""
    if wanted == now:
        return None
    known = {public_id: key for key, public_id, _ in partner_rows.names(actor.partner_id)}
    if wanted not in known:
        raise Invalid({"partner": say("Choose one of the partners in the list.")})
    return known[wanted]


def _differences(actor: Actor, before: Details, after: Details) -> dict[str, list[str]]:
    """Each field that differs, with its value before and after as people read them."""
    old, new = asdict(before), asdict(after)
    partners = {public_id: name for _, public_id, name in partner_rows.names(actor.partner_id)}

    def words(name: str, value: object) -> str:
        if name == "partner":
            return partners.get(str(value), "")
        if isinstance(value, BillingType):
            return str(value.label)
        return "" if value is None else number_text(value) if isinstance(value, Decimal) else str(value)

    return {name: [words(name, old[name]), words(name, new[name])] for name in FIELD_NAMES if old[name] != new[name]}


def _check_rules(profile: Profile, before: Details, after: Details) -> None:
    reasons: list[Reason] = []
    if before.billing_type is not after.billing_type:
        reasons += billing_type_refusals(links.facts([profile.id])[profile.id])
    if before.partner != after.partner and profiles.has_history(profile.id):
        reasons.append(_partner_stays(profile))
    if before.born_on != after.born_on:
        reasons += guardians.born_on_refusals(profile.public_id, after.born_on)
    if reasons:
        raise Refused(reasons, say("The details of {name} can’t be changed like this", name=profile.name))


def _partner_stays(profile: Profile) -> Reason:
    return Reason(
        "L3",
        say("{name} has links or bookings with {partner}.", name=profile.name, partner=profile.partner_name),
        say(
            "They belong to {partner} for good. Add the customer anew at the other partner instead.",
            partner=profile.partner_name,
        ),
    )


def _save(profile: Profile, wanted: Details, partner_id: int | None) -> None:
    values: dict[str, object] = {
        **asdict(wanted),
        **customers.searchable(
            wanted.name, wanted.email, wanted.billing_email, wanted.address, profile.external_id, phone=wanted.phone
        ),
    }
    values.pop("partner")
    values["kind"], values["billing_type"] = wanted.kind.value, wanted.billing_type.value
    if partner_id is not None:
        values["partner_id"] = partner_id
    profiles.save(profile.id, values)
