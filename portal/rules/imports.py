"""What a row of an import file must look like, before anything is looked up.

Values are stripped texts, "" where a cell is empty and None where the file does not have the column. Every function
returns the row in types of its own, or reports each thing that is wrong by column.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from portal.rules import texts
from portal.rules.books import EntryKind, Ledger
from portal.rules.cells import LONGEST_ID as LONGEST_ID
from portal.rules.cells import Values as Values
from portal.rules.cells import Wrong as Wrong
from portal.rules.cells import day as _day
from portal.rules.cells import day_fault as _day_fault
from portal.rules.cells import identifier as _identifier
from portal.rules.cells import limited as _limited
from portal.rules.cells import missing as _missing
from portal.rules.cells import one_of as _one_of
from portal.rules.cells import optional as _optional
from portal.rules.cells import plain as _plain
from portal.rules.customers.status import BillingType, Kind, Status
from portal.rules.groups import LONGEST_LABEL, GroupRole
from portal.rules.links.facts import BillingMode
from portal.rules.money import is_currency
from portal.rules.partners.settings import NotAllowedHere, tax_rate
from portal.rules.sentences import NOTHING, Sentence, say, together, verbatim

LONGEST_NAME = 200
LONGEST_PART = 100
LONGEST_EMAIL = 254
LONGEST_PHONE = 60
LONGEST_NUMBER = 60
LONGEST_CATEGORY = 100
LONGEST_DESCRIPTION = 10_000
SHOWN = 100
"""So many errors are listed; all of them are counted."""

DEFAULT_PARTNER = "Default"
"""The partner of customers whose file names none."""

FUTURE_ITEM = "future_item"


class FileKind(StrEnum):
    """What can be imported."""

    CUSTOMERS = "customers"
    LINKS = "links"
    SHARED_BALANCES = "shared-balances"
    GROUPS = "groups"
    TRANSACTIONS = "transactions"
    INVOICES = "invoices"
    SERVICES = "services"
    CATALOGUE = "catalogue"
    ACTIVITIES = "activities"
    SESSIONS = "sessions"
    BOOKINGS = "bookings"
    MEMBERSHIP_PLANS = "membership-plans"
    MEMBERSHIPS = "memberships"


COLUMNS = MappingProxyType(
    {
        FileKind.CUSTOMERS: (
            *("external_id", "kind", "name", "given_name", "family_name", "email", "billing_email", "phone"),
            *("born_on", "partner", "status", "billing_type", "billing_day", "currency", "tax_rate"),
        ),
        FileKind.LINKS: ("main", "sub", "billing_mode", "action"),
        FileKind.SHARED_BALANCES: ("primary", "secondary"),
        FileKind.GROUPS: ("group", "customer", "role", "label"),
        FileKind.TRANSACTIONS: (
            *("external_id", "customer", "date", "kind", "ledger", "amount", "number", "description", "category"),
            *("tax", "reverses", "allocate"),
        ),
        FileKind.INVOICES: (
            *("external_id", "customer", "date", "due", "number", "description", "quantity", "unit_price", "tax_rate"),
            *("discount", "account", "prices", "total"),
        ),
        FileKind.SERVICES: (
            *("external_id", "customer", "plan", "price", "number", "period", "tax_rate", "prices"),
            *("started_on", "stopped_on", "state", "paid_until"),
        ),
        FileKind.CATALOGUE: ("external_id", "name", "price", "tax_rate", "prices", "period", "stock", "kind"),
        FileKind.ACTIVITIES: (
            *("external_id", "name", "partner", "place", "instructor", "price", "tax_rate", "prices", "class"),
            *("age_from", "age_to", "cancel_until", "book_from", "book_until"),
        ),
        FileKind.SESSIONS: (
            *("external_id", "activity", "starts_at", "minutes", "capacity", "rule", "except", "zone"),
        ),
        FileKind.BOOKINGS: ("external_id", "session", "customer", "state", "booked_at", "payer"),
        FileKind.MEMBERSHIP_PLANS: (
            *("external_id", "name", "partner", "price", "tax_rate", "prices", "period", "visits", "class", "included"),
            *("discount", "age_from", "age_to", "freeze_days", "granted", "renews"),
        ),
        FileKind.MEMBERSHIPS: ("external_id", "plan", "customer", "from", "until", "state"),
    }
)
REQUIRED = MappingProxyType(
    {
        FileKind.CUSTOMERS: ("external_id", "name"),
        FileKind.LINKS: ("main", "sub"),
        FileKind.SHARED_BALANCES: ("primary", "secondary"),
        FileKind.GROUPS: ("group", "customer", "role"),
        FileKind.TRANSACTIONS: ("external_id", "customer", "date", "kind", "amount"),
        FileKind.INVOICES: ("external_id", "customer", "date", "description", "unit_price"),
        FileKind.SERVICES: ("external_id", "customer", "plan", "price", "started_on"),
        FileKind.CATALOGUE: ("external_id", "name", "price"),
        FileKind.ACTIVITIES: ("external_id", "name"),
        FileKind.SESSIONS: ("external_id", "activity", "starts_at"),
        FileKind.BOOKINGS: ("external_id", "session", "customer"),
        FileKind.MEMBERSHIP_PLANS: ("external_id", "name", "price"),
        FileKind.MEMBERSHIPS: ("external_id", "plan", "customer", "from"),
    }
)


class Problem(NamedTuple):
    """One thing that is wrong with a file: where, what, and the rule and remedy where a rule says no.

    `other` is the external id of a row of the same file that has to do with it; its line is added to the message.
    """

    line: int
    column: str
    message: Sentence
    rule: str = ""
    remedy: Sentence = NOTHING
    other: str = ""

    @property
    def sentence(self) -> Sentence:
        """ "line 3, amount: …", as the command line prints it; line 0 is no line of a file."""
        rule = verbatim(f"[{self.rule}]") if self.rule else NOTHING
        said = together(rule, self.message, self.remedy)
        if self.line and self.column:
            return say("line {line}, {column}: {said}", line=self.line, column=self.column, said=said)
        if self.line:
            return say("line {line}: {said}", line=self.line, said=said)
        return say("{column}: {said}", column=self.column, said=said) if self.column else said


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A row of customers. None means that the file does not say, so a customer keeps what it has."""

    external_id: str
    name: str
    kind: Kind | None = None
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    billing_email: str | None = None
    phone: str | None = None
    born_on: date | None = None
    born_on_given: bool = False
    partner: str | None = None
    status: Status | None = None
    billing_type: BillingType | None = None
    billing_day: int | None = None
    currency: str | None = None
    tax_rate: Decimal | None = None


class Action(StrEnum):
    """What a row of links does."""

    LINK = "link"
    UNLINK = "unlink"
    MODE = "mode"


class LinkRow(NamedTuple):
    """A row of links. `mode` is None only for an unlink."""

    main: str
    sub: str
    mode: BillingMode | None
    action: Action


class SharedBalanceRow(NamedTuple):
    """A row of shared balances."""

    primary: str
    secondary: str


class GroupRow(NamedTuple):
    """A row of groups: one member. `label` is None where the file does not say, so a member keeps what it has."""

    group: str
    customer: str
    role: GroupRole
    label: str | None


class TransactionRow(NamedTuple):
    """A row of transactions. `kind` is None for a future item, `ledger` None where the file does not say.

    Amounts are still texts: their currency is the customer's. `allocate` holds pairs `EXTERNAL_ID=AMOUNT` (F7).
    """

    external_id: str
    customer: str
    on: date
    kind: EntryKind | None
    ledger: Ledger | None
    amount: str
    number: str
    description: str
    category: str
    tax: str
    reverses: str
    allocate: str = ""
    reason: str = ""

    @property
    def word(self) -> str:
        """The kind as the file names it."""
        return self.kind.value if self.kind else FUTURE_ITEM


_NAMES = ("name", "given_name", "family_name", "partner")


def customer_row(
    values: Values, *, today: date, email: Callable[[str], str | None], currencies: frozenset[str], wrong: Wrong
) -> CustomerRow | None:
    """A row of customers. `email` returns an address as it is stored, or None for what cannot be one."""
    failed = False

    def bad(column: str, sentence: Sentence) -> None:
        nonlocal failed
        failed = True
        wrong(column, sentence)

    given = dict(zip(COLUMNS[FileKind.CUSTOMERS], values, strict=True))
    given |= {part: texts.name(text) for part in _NAMES if (text := given[part])}

    def address(column: str) -> str | None:
        text = given[column]
        if not text:
            return text
        stored = email(text) if len(text) <= LONGEST_EMAIL else None
        if stored is None:
            bad(column, say("“{text}” is not an email address.", text=text[:60]))
        return stored

    row = CustomerRow(
        external_id=_identifier(given["external_id"], "external_id", bad),
        name=_limited(given["name"] or "", LONGEST_NAME, "name", bad) or _missing("name", bad),
        kind=_one_of(Kind, given["kind"], "kind", bad),
        given_name=_optional(given["given_name"], LONGEST_PART, "given_name", bad),
        family_name=_optional(given["family_name"], LONGEST_PART, "family_name", bad),
        email=address("email"),
        billing_email=address("billing_email"),
        phone=_optional(given["phone"], LONGEST_PHONE, "phone", bad),
        born_on=_born_on(given["born_on"], today, bad),
        born_on_given=given["born_on"] is not None,
        partner=_limited(given["partner"] or "", LONGEST_NAME, "partner", bad) or None,
        status=_one_of(Status, given["status"], "status", bad),
        billing_type=_one_of(BillingType, given["billing_type"], "billing_type", bad),
        billing_day=_billing_day(given["billing_day"], bad),
        currency=_currency(given["currency"], currencies, bad),
        tax_rate=_tax_rate(given["tax_rate"], bad),
    )
    return None if failed else row


def link_row(values: Values, wrong: Wrong) -> LinkRow | None:
    """A row of links."""
    failed = False

    def bad(column: str, sentence: Sentence) -> None:
        nonlocal failed
        failed = True
        wrong(column, sentence)

    main, sub, mode_text, action_text = values
    action = _one_of(Action, action_text, "action", bad) or Action.LINK
    mode = _one_of(BillingMode, mode_text, "billing_mode", bad)
    if mode is None and not mode_text and action is not Action.UNLINK:
        bad("billing_mode", say("The billing mode is missing: aggregated or independent."))
    row = LinkRow(_identifier(main, "main", bad), _identifier(sub, "sub", bad), mode, action)
    return None if failed else row


def shared_balance_row(values: Values, wrong: Wrong) -> SharedBalanceRow | None:
    """A row of shared balances."""
    failed = False

    def bad(column: str, sentence: Sentence) -> None:
        nonlocal failed
        failed = True
        wrong(column, sentence)

    primary, secondary = values
    row = SharedBalanceRow(_identifier(primary, "primary", bad), _identifier(secondary, "secondary", bad))
    return None if failed else row


def group_row(values: Values, wrong: Wrong) -> GroupRow | None:
    """A row of groups."""
    failed = False

    def bad(column: str, sentence: Sentence) -> None:
        nonlocal failed
        failed = True
        wrong(column, sentence)

    group, customer, role_text, label = values
    role = _one_of(GroupRole, role_text, "role", bad)
    if role is None and not role_text:
        _missing("role", bad)
    row = GroupRow(
        _identifier(group, "group", bad),
        _identifier(customer, "customer", bad),
        role or GroupRole.DEPENDENT,
        _optional(label, LONGEST_LABEL, "label", bad),
    )
    return None if failed else row


_KINDS: dict[str, EntryKind | None] = {kind.value: kind for kind in EntryKind if kind is not EntryKind.TRANSFER}
_KINDS[FUTURE_ITEM] = None
_LEDGERS: dict[str | None, Ledger | None] = {None: None, "": None, "house": Ledger.HOUSE, "credit": Ledger.CREDIT}
_KIND, _LEDGER = (COLUMNS[FileKind.TRANSACTIONS].index(column) for column in ("kind", "ledger"))


def transaction_row(values: Values, wrong: Wrong) -> TransactionRow | None:
    """A row of transactions. Called a million times: what is right takes the short way."""
    external_id, customer, day, kind, ledger, amount, number, description, category, tax, reverses, allocate = values
    if not f"{external_id}{customer}{reverses}".isascii():
        external_id, customer, reverses = (
            text and texts.identifier(text) for text in (external_id, customer, reverses)
        )
    on = _day(day or "")
    if (
        on is not None
        and external_id
        and customer
        and amount
        and kind in _KINDS
        and ledger in _LEDGERS
        and len(external_id) <= LONGEST_ID
        and external_id.isprintable()
        and (not number or len(number) <= LONGEST_NUMBER)
        and (not description or len(description) <= LONGEST_DESCRIPTION)
        and (not category or len(category) <= LONGEST_CATEGORY)
        and not (ledger == "credit" and kind == FUTURE_ITEM)
    ):
        return TransactionRow(
            external_id,
            customer,
            on,
            _KINDS[kind],
            _LEDGERS[ledger],
            amount,
            number or "",
            description or "",
            category or "",
            tax or "",
            reverses or "",
            allocate or "",
        )
    plain = _with_plain_words(values)
    if plain != [*values]:
        return transaction_row(plain, wrong)
    _explain(values, wrong)
    return None


def _with_plain_words(values: Values) -> list[str | None]:
    """A row whose words are written as we write them: "Future Item" is future_item."""
    plain = [*values]
    for place in (_KIND, _LEDGER):
        text = plain[place]
        plain[place] = _plain(text) if text else text
    return plain


def _explain(values: Values, wrong: Wrong) -> None:
    """Everything that is wrong with a row of transactions."""
    external_id, customer, day, kind, ledger, amount, number, description, category, _, _, _ = values
    _identifier(external_id, "external_id", wrong)
    _identifier(customer, "customer", wrong)
    if not day:
        _missing("date", wrong)
    elif _day(day) is None:
        wrong("date", _day_fault(day))
    if not kind:
        _missing("kind", wrong)
    elif kind not in _KINDS:
        wrong("kind", say("“{text}” is not one of {words}.", text=kind[:40], words=", ".join(_KINDS)))
    if ledger not in _LEDGERS:
        wrong("ledger", say("“{text}” is neither house nor credit.", text=(ledger or "")[:40]))
    elif ledger == "credit" and kind == FUTURE_ITEM:
        wrong(
            "ledger", say("A future item waits for an invoice on the House Account; it cannot be on Customer Credit.")
        )
    if not amount:
        _missing("amount", wrong)
    _limited(number or "", LONGEST_NUMBER, "number", wrong)
    _limited(description or "", LONGEST_DESCRIPTION, "description", wrong)
    _limited(category or "", LONGEST_CATEGORY, "category", wrong)


def day_of(text: str, wrong: Callable[[Sentence], None]) -> date | None:
    """The date of YYYY-MM-DD within what the books keep, or None with what is wrong with it reported."""
    on = _day(text)
    if on is None:
        wrong(_day_fault(text))
    return on


def _born_on(text: str | None, today: date, wrong: Wrong) -> date | None:
    if not text:
        return None
    try:
        on = date.fromisoformat(text) if len(text) == 10 and text[4] == text[7] == "-" else None
    except ValueError:
        on = None
    if on is None or on.year < 1880:
        wrong("born_on", say("“{text}” is not a date of birth. Write it like 2014-05-31.", text=text[:40]))
        return None
    if on > today:
        wrong("born_on", say("{text} is in the future.", text=text))
        return None
    return on


def _billing_day(text: str | None, wrong: Wrong) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 2 and 1 <= int(text) <= 31:
        return int(text)
    wrong("billing_day", say("“{text}” is not a billing day. Choose a day from 1 to 31.", text=text[:40]))
    return None


def _tax_rate(text: str | None, wrong: Wrong) -> Decimal | None:
    if not text:
        return None
    try:
        return tax_rate(text)
    except NotAllowedHere as error:
        wrong("tax_rate", error.sentence)
        return None


def _currency(text: str | None, currencies: frozenset[str], wrong: Wrong) -> str | None:
    if not text:
        return None
    if is_currency(text.upper()) and text.upper() in currencies:
        return text.upper()
    wrong("currency", say("“{text}” is not a currency code of ISO 4217, such as EUR.", text=text[:40]))
    return None
