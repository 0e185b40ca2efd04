"""Making a statement: on whose books, for which account, and who may see it.

One builder serves the page, the files and the command line (S5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.actions import access
from portal.db import customers
from portal.db import ledger as books
from portal.db import statements as figures
from portal.db.customers import Profile
from portal.db.engine import snapshot
from portal.outside import clock
from portal.rules.errors import Invalid, Missing, NotAllowed
from portal.rules.ledger import EARLIEST, LATEST, Ledger
from portal.rules.permissions import Actor, Permission
from portal.rules.statements import (
    AccountTotals,
    CreditTable,
    Letterhead,
    Note,
    OtherPayer,
    Party,
    RecordType,
    Statement,
    WaitingItem,
    add_up,
)

LONGEST_DAYS = 366 * 10
PAGE_LINES = 500
"""More lines than this are made by a background job when a file of them is wanted."""


@dataclass(frozen=True, slots=True)
class StatementRequest:
    """What is asked for. `account` and `payer` are public or external ids; both dates are inclusive.

    Without `account`: everything the customer pays for, or its own part of the books of whoever pays for it.
    Without `payer`: whoever pays for the customer now.
    """

    first: date
    last: date
    account: str | None = None
    payer: str | None = None
    record_type: RecordType = RecordType.ALL


@dataclass(frozen=True, slots=True)
class Choice:
    """An account that can be chosen in the filter. `former` marks one that is no longer paid for."""

    public_id: str
    reference: str
    name: str
    former: bool = False


def check_range(first: date, last: date) -> None:
    """Raise Invalid for dates that no statement can have."""
    problems = {}
    for name, on in (("from", first), ("to", last)):
        if not EARLIEST <= on <= LATEST:
            problems[name] = f"{on.isoformat()} is not a date we keep books for."
    if not problems and first > last:
        problems["from"] = f"The first day, {first.isoformat()}, is after the last one, {last.isoformat()}."
    if not problems and (last - first).days > LONGEST_DAYS:
        problems["to"] = "A statement covers ten years at most. Choose a shorter time."
    if problems:
        raise Invalid(problems)


@snapshot
def view(actor: Actor, customer: str, wanted: StatementRequest) -> Statement:
    """The statement of `customer` (public or external id).

    Raises Invalid (dates), NotAllowed (an aggregated sub-account's finances, S9) and Missing (an account or payer
    that is not the customer's, or does not exist).
    """
    check_range(wanted.first, wanted.last)
    profile = _customer(customer)
    _may_see(actor, profile)
    payer, account = _books(actor, profile, wanted)
    return _build(payer, account, wanted)


@snapshot
def count_lines(actor: Actor, customer: str, wanted: StatementRequest) -> int:
    """How many lines `view` would give before filtering by record type; same errors."""
    check_range(wanted.first, wanted.last)
    profile = _customer(customer)
    _may_see(actor, profile)
    payer, account = _books(actor, profile, wanted)
    ledger_account = figures.account_id(payer.id, Ledger.HOUSE, payer.currency)
    if ledger_account is None:
        return 0
    return figures.count_lines(ledger_account, account.id if account else None, wanted.first, wanted.last)


@snapshot
def choices(actor: Actor, customer: str) -> list[Choice]:
    """The accounts whose lines are on the customer's books, itself first, then by name (S1, S9).

    A customer that another one pays for has only itself to choose.
    """
    profile = _customer(customer)
    _may_see(actor, profile)
    if profile.payer_id != profile.id:
        return [Choice(profile.public_id, profile.reference, profile.name)]
    now = figures.paid_for_now(profile.id)
    ids = (now | figures.accounts_on_books(profile.id, profile.currency)) - {profile.id}
    others = figures.parties(ids)
    found = [Choice(p.public_id, p.reference, p.name, key not in now) for key, p in others.items()]
    found.sort(key=lambda choice: (choice.former, choice.name.casefold(), choice.reference))
    return [Choice(profile.public_id, profile.reference, profile.name), *found]


def _customer(reference: str) -> Profile:
    profile = customers.by_reference(reference)
    if profile is None:
        raise Missing(f"There is no customer “{reference}”.")
    return profile


def _may_see(actor: Actor, profile: Profile) -> None:
    permission = Permission.CUSTOMERS_FINANCE if actor.is_staff else Permission.STATEMENTS_VIEW
    access.require(actor, permission, profile)


def _books(actor: Actor, profile: Profile, wanted: StatementRequest) -> tuple[Profile, Profile | None]:
    """Whose books, restricted to which account (None: all). Raises Missing for what is not the customer's."""
    account = profile if wanted.account is None else _customer(wanted.account)
    if wanted.payer is not None:
        payer = _customer(wanted.payer)
    elif account.id == profile.id:
        payer = customers.by_id(profile.payer_id)
    else:
        payer = profile
    _related(actor, profile, payer, account)
    everything = wanted.account is None and payer.id == profile.id
    return payer, None if everything else account


def _related(actor: Actor, profile: Profile, payer: Profile, account: Profile) -> None:
    """An account must have been paid for by the payer, and both be within what the actor may see through `profile`."""
    if account.payer_id != payer.id and payer.id != account.id and not figures.ever_paid(payer.id, account.id):
        raise Missing(f"{payer.name} never paid for {account.name}.")
    if actor.is_staff:
        if actor.partner_id not in (None, payer.partner_id) or actor.partner_id not in (None, account.partner_id):
            raise Missing()
        return
    if profile.id not in (payer.id, account.id):
        raise Missing()
    if payer.id != profile.id and _is_main_of(payer, profile):
        raise NotAllowed(f"{payer.name} was billed and paid then, so these lines are on its statements.")


def _is_main_of(payer: Profile, profile: Profile) -> bool:
    """Whether the payer paid through an aggregated link, now or then; a primary account's books are shared instead."""
    return not (profile.is_secondary and profile.mate_id == payer.id)


def _build(payer: Profile, account: Profile | None, wanted: StatementRequest) -> Statement:
    first, last = wanted.first, wanted.last
    account_id = account.id if account else None
    house = figures.account_id(payer.id, Ledger.HOUSE, payer.currency)
    rows = figures.rows(house, account_id, first, last) if house else []
    openings = _openings(house, account_id, first)
    waiting = _waiting_for(payer, account)
    names = figures.parties(
        {payer.id, *openings, *(row.issued_for_id for row in rows), *(item[3] for item in waiting)}
        | ({account_id} if account_id else set())
    )
    opening = sum(openings.values())
    added = add_up(opening, rows, names, wanted.record_type)
    return Statement(
        letterhead=Letterhead(
            payer.partner_name, payer.partner_address, payer.partner_contact, payer.locale, payer.time_zone
        ),
        payer=names[payer.id],
        account=names[account_id] if account_id else None,
        first=first,
        last=last,
        currency=payer.currency,
        record_type=wanted.record_type,
        opening_minor=opening,
        lines=added.lines,
        hidden_debit_minor=added.hidden_debit_minor,
        hidden_credit_minor=added.hidden_credit_minor,
        closing_minor=added.closing_minor,
        accounts=_totals(openings, added.movements, names),
        notes=_notes(payer, account, first, last),
        waiting=[
            WaitingItem(on, number, description, names[customer], amount, external_id or "")
            for on, number, description, customer, amount, external_id in waiting
        ],
        credit=_credit(payer, account_id, first, last, names),
        other_payers=_other_payers(payer, account, first, last),
        lowest=added.lowest,
    )


def _openings(house: int | None, account_id: int | None, first: date) -> dict[int, int]:
    if house is None:
        return {}
    if account_id is not None:
        return {account_id: figures.opening(house, account_id, first)}
    return figures.openings_by_account(house, first)


def _totals(
    openings: dict[int, int], movements: dict[int, tuple[int, int]], names: dict[int, Party]
) -> list[AccountTotals]:
    keys = {key for key, amount in openings.items() if amount} | movements.keys()
    totals = [AccountTotals(names[key], openings.get(key, 0), *movements.get(key, (0, 0))) for key in keys]
    return sorted(totals, key=lambda t: (t.account.name.casefold(), t.account.reference))


def _credit(
    payer: Profile, account_id: int | None, first: date, last: date, names: dict[int, Party]
) -> CreditTable | None:
    """S12: Customer Credit as a second table where it moved or is not zero."""
    account = figures.account_id(payer.id, Ledger.CREDIT, payer.currency)
    if account is None:
        return None
    opening = figures.opening(account, account_id, first)
    rows = figures.rows(account, account_id, first, last)
    if not rows and not opening:
        return None
    known = names | figures.parties({row.issued_for_id for row in rows} - names.keys())
    added = add_up(opening, rows, known, RecordType.ALL)
    return CreditTable(opening, added.lines, added.closing_minor)


def _waiting_for(payer: Profile, account: Profile | None) -> list[tuple[date, str, str, int, int, str | None]]:
    """Future items of the accounts on this statement that the payer will be billed for."""
    if account is not None:
        ids = {account.id} if account.payer_id == payer.id else set()
    else:
        ids = {payer.id} | figures.paid_for_now(payer.id)
    return figures.waiting(ids) if ids else []


def _notes(payer: Profile, account: Profile | None, first: date, last: date) -> list[Note]:
    zone = ZoneInfo(payer.time_zone)
    since = datetime.combine(first, time(), zone).astimezone(UTC)
    until = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
    changes = figures.payer_changes(payer.id, account.id if account else None, since, until)
    names = figures.parties({key for change in changes for key in (change.payer_id, change.account_id)})
    return [
        Note(change.at.astimezone(zone).date(), _note_text(change, names[change.payer_id], names[change.account_id]))
        for change in changes
    ]


def _note_text(change: figures.PayerChange, payer: Party, account: Party) -> str:
    if change.mode == "shared":
        begun = f"{account.name} and {payer.name} share the balances of {payer.name} from here on"
        ended = f"{account.name} and {payer.name} no longer share balances"
        return begun if change.what == "linked" else ended
    begun = f"{account.name} became a sub-account of {payer.name} ({change.mode})"
    ended = f"{account.name} is no longer a sub-account of {payer.name} ({change.mode})"
    return begun if change.what == "linked" else ended


def _other_payers(payer: Profile, account: Profile | None, first: date, last: date) -> Sequence[OtherPayer]:
    """S11: other customers on whose books the account has lines in the period."""
    about = account or payer
    found = figures.payers_of(about.id, first, last)
    found.pop(payer.id, None)
    names = figures.parties(found)
    return [OtherPayer(names[key], begin, end) for key, (begin, end) in sorted(found.items(), key=lambda f: f[1])]


def today_for(profile: Profile) -> date:
    """Today in the customer's partner's time zone."""
    return clock.today(profile.time_zone)


def balance_of(profile: Profile) -> books.Balances:
    """The balances of whoever pays for the customer, as of today (F10). For a caller that may see them."""
    return books.balances({profile.payer_id: profile.currency}, today_for(profile))[profile.payer_id]
