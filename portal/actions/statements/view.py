"""Making a statement: on whose books, for which account, and who may see it.

One builder serves the page, the files and the command line (S5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from portal.actions import access
from portal.db.books import posting as books
from portal.db.books import statements as figures
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.db.folding import fold
from portal.outside import clock
from portal.rules.balances import Balances as Balances
from portal.rules.books import EARLIEST, LATEST, AccountKind, Ledger
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing, NotAllowed, Reason, Refused
from portal.rules.links.facts import BillingMode
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say
from portal.rules.statements.figures import (
    CreditTable,
    Letterhead,
    Note,
    OtherPayer,
    Party,
    RecordType,
    Row,
    Statement,
    WaitingItem,
    add_up,
)
from portal.rules.texts import identifier

LONGEST_DAYS = 366 * 10
PAGE_LINES = 500
"""More lines than this are made by a background job when a file of them is wanted."""
MOST_LINES = 100_000
"""More lines than this are not read at once, for whatever it is wanted; a shorter time has fewer."""


@dataclass(frozen=True, slots=True)
class StatementRequest:
    """What is asked for. `account` and `payer` are public or external ids; both dates are inclusive.

    Without `account`: everything the customer pays for, or its own part of the books of whoever pays for it. With
    one, the payer itself too: what was issued for it alone, an activity statement without a balance (S13).
    Without `payer`: whoever pays for the customer now.
    """

    first: date
    last: date
    account: str | None = None
    payer: str | None = None
    record_type: RecordType = RecordType.ALL
    grouped: bool = False
    """Lines account by account where there are several (S4)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An account that can be chosen in the filter. `former` marks one that is no longer paid for."""

    public_id: str
    reference: str
    name: str
    former: bool = False


def check_range(first: date, last: date) -> None:
    """Raise Invalid for dates that no statement can have."""
    problems: dict[str, Sentence] = {}
    for name, on in (("from", first), ("to", last)):
        if not EARLIEST <= on <= LATEST:
            problems[name] = say("{day} is not a date we keep books for.", day=on)
    if not problems and first > last:
        problems["from"] = say("The first day, {first}, is after the last one, {last}.", first=first, last=last)
    if not problems and (last - first).days > LONGEST_DAYS:
        problems["to"] = say("A statement covers ten years at most. Choose a shorter time.")
    if problems:
        raise Invalid(problems)


@snapshot
def view(actor: Actor, customer: str | Profile, wanted: StatementRequest) -> Statement:
    """The statement of `customer` (public or external id, or its profile loaded in the same request).

    Raises Invalid (dates), NotAllowed (an aggregated sub-account's finances, S9), Missing (an account or payer
    that is not the customer's, or does not exist) and Refused (more than MOST_LINES).
    """
    check_range(wanted.first, wanted.last)
    profile = _loaded(customer)
    _may_see(actor, profile)
    payer, account = _books(actor, profile, wanted)
    return _build(payer, account, wanted, None if actor.is_staff else profile)


@snapshot
def count_lines(actor: Actor, customer: str, wanted: StatementRequest) -> int:
    """How many lines `view` would give before filtering by record type; same errors."""
    check_range(wanted.first, wanted.last)
    profile = _loaded(customer)
    _may_see(actor, profile)
    payer, account = _books(actor, profile, wanted)
    ledger_account = figures.account_id(payer.id, Ledger.HOUSE, payer.currency)
    if ledger_account is None:
        return 0
    return figures.count_lines(ledger_account, account.id if account else None, wanted.first, wanted.last)


@snapshot
def choices(actor: Actor, customer: str | Profile, *, limit: int | None = None) -> list[Choice]:
    """The accounts whose lines are on the customer's books, itself first, then by name, former ones last (S1, S9).

    At most `limit` besides itself. A customer that another one pays for has only itself to choose.
    """
    profile = _loaded(customer)
    _may_see(actor, profile)
    return [_own_choice(profile), *_other_choices(profile, limit=limit)]


@snapshot
def find_accounts(actor: Actor, customer: str, text: str, *, limit: int = 20) -> list[Choice]:
    """The accounts on the customer's books whose name contains `text`, or whose reference or public id it is."""
    profile = _loaded(customer)
    _may_see(actor, profile)
    folded = fold(text)
    own = _own_choice(profile)
    found = [own] if text in (own.public_id, own.reference) or folded in fold(own.name) else []
    return [*found, *_other_choices(profile, text=text, folded=folded, limit=limit)][:limit]


def _own_choice(profile: Profile) -> Choice:
    return Choice(profile.public_id, profile.reference, profile.name)


def _other_choices(profile: Profile, *, text: str = "", folded: str = "", limit: int | None = None) -> list[Choice]:
    if profile.payer_id != profile.id:
        return []
    rows = figures.accounts_of(profile.id, profile.currency, text=text, folded=folded, limit=limit)
    return [Choice(row.public_id, row.reference, row.name, row.former) for row in rows]


def _loaded(customer: str | Profile) -> Profile:
    return customer if isinstance(customer, Profile) else customers.require(customer)


def _may_see(actor: Actor, profile: Profile) -> None:
    permission = Permission.CUSTOMERS_FINANCE if actor.is_staff else Permission.STATEMENTS_VIEW
    access.require(actor, permission, profile)


def _books(actor: Actor, profile: Profile, wanted: StatementRequest) -> tuple[Profile, Profile | None]:
    """Whose books, restricted to which account (None: all). Raises Missing for what is not the customer's."""
    account = _other(actor, profile, wanted.account)
    if wanted.payer is not None:
        payer = _other(actor, profile, wanted.payer)
    elif account.id == profile.id:
        payer = profile if profile.payer_id == profile.id else customers.by_id(profile.payer_id)
    else:
        payer = profile
    _related(actor, profile, payer, account)
    everything = wanted.account is None and payer.id == profile.id
    return payer, None if everything else account


def _other(actor: Actor, profile: Profile, reference: str | None) -> Profile:
    """A customer named in a request. Somebody who may not know of it hears what they would if there were none."""
    reference = reference and identifier(reference)
    if reference is None or reference in (profile.public_id, profile.external_id):
        return profile
    found = customers.by_reference(reference)
    if actor.is_staff and (found is None or actor.partner_id not in (None, found.partner_id)):
        raise Missing(say("There is no customer “{reference}”.", reference=reference))
    if found is None:
        raise Missing()
    return found


def _related(actor: Actor, profile: Profile, payer: Profile, account: Profile) -> None:
    """An account must have been paid for by the payer, and one of them be the customer that the actor sees."""
    if not actor.is_staff and profile.id not in (payer.id, account.id):
        raise Missing()
    if account.payer_id != payer.id and payer.id != account.id and not figures.ever_paid(payer.id, account.id):
        raise Missing(*([_never_paid(payer, account)] if actor.is_staff else []))
    if not actor.is_staff and payer.id != profile.id and _is_main_of(payer, profile):
        raise NotAllowed(
            say("{payer} was billed and paid then, so these lines are on its statements.", payer=payer.name)
        )


def _never_paid(payer: Profile, account: Profile) -> Sentence:
    return say("{payer} never paid for {account}.", payer=payer.name, account=account.name)


def _is_main_of(payer: Profile, profile: Profile) -> bool:
    """Whether the payer paid through an aggregated link, now or then; a primary account's books are shared instead."""
    return not (profile.is_secondary and profile.mate_id == payer.id)


def _build(payer: Profile, account: Profile | None, wanted: StatementRequest, reader: Profile | None) -> Statement:
    """The statement, as `reader` may see it (None: staff)."""
    first, last = wanted.first, wanted.last
    found = figures.books_of(payer.id, payer.currency, first, last, account.id if account else None)
    accounts = {one.kind: one for one in found}
    house, credit = (_read(accounts.get(kind), account, wanted) for kind in (AccountKind.HOUSE, AccountKind.CREDIT))
    opened = _opened(accounts.get(AccountKind.HOUSE), account, wanted, house.rows)
    added = add_up(house.opening_minor, house.rows, wanted.record_type, opened)
    periods = _periods(payer, account, wanted)
    return Statement(
        letterhead=Letterhead(
            payer.partner_name, payer.partner_address, payer.partner_contact, payer.locale, payer.time_zone
        ),
        payer=_party(payer),
        account=_party(account) if account else None,
        first=first,
        last=last,
        currency=payer.currency,
        record_type=wanted.record_type,
        balance=added.balance,
        lines=added.lines,
        hidden_debit_minor=added.hidden_debit_minor,
        hidden_credit_minor=added.hidden_credit_minor,
        accounts=added.accounts,
        made_on=today_for(payer),
        notes=_notes(payer, wanted, periods, reader),
        waiting=_waiting_for(payer, account),
        credit=_credit(credit),
        other_payers=_other_payers(payer, account, wanted, periods, reader),
        grouped=wanted.grouped,
    )


class _Read(NamedTuple):
    """What stands on one of the payer's ledger accounts; the opening is None for a part, which has none (S13)."""

    opening_minor: int | None
    rows: Sequence[Row]


def _read(books_: figures.Books | None, account: Profile | None, wanted: StatementRequest) -> _Read:
    opening = None if account is not None else books_.opening_minor if books_ else 0
    return _Read(opening, _rows(books_.ledger_account_id, account, wanted) if books_ and books_.moved else ())


def _opened(
    books_: figures.Books | None, account: Profile | None, wanted: StatementRequest, rows: Sequence[Row]
) -> Mapping[int, int]:
    """What is open on the last day besides what the rows say (S13)."""
    if books_ is None or not rows:
        return {}
    return figures.opened(books_, account.id if account else None, wanted.first, wanted.last, rows)


def _party(profile: Profile) -> Party:
    return Party(profile.reference, profile.public_id, profile.name, profile.address)


def _rows(ledger_account: int, account: Profile | None, wanted: StatementRequest) -> Sequence[Row]:
    account_id = account.id if account else None
    rows = figures.rows(ledger_account, account_id, wanted.first, wanted.last, limit=MOST_LINES + 1)
    if len(rows) > MOST_LINES:
        message = say(
            "This statement would have more than {most} lines, which is more than we show at once.", most=MOST_LINES
        )
        remedy = say("Choose a shorter time, or one account.")
        raise Refused([Reason("S1", message, remedy)], say("That is a long statement"))
    return rows


def _credit(read: _Read) -> CreditTable | None:
    """S12: Customer Credit as a second table where it moved or is not zero."""
    if not read.rows and not read.opening_minor:
        return None
    added = add_up(read.opening_minor, read.rows, RecordType.ALL)
    if added.balance is None:
        return CreditTable(added.lines)
    return CreditTable(added.lines, added.balance.opening_minor, added.balance.closing_minor)


def _waiting_for(payer: Profile, account: Profile | None) -> list[WaitingItem]:
    """Future items of the accounts on this statement that the payer will be billed for."""
    if account is not None and account.payer_id != payer.id:
        return []
    return figures.waiting(payer.id, account.id if account else None)


def _periods(payer: Profile, account: Profile | None, wanted: StatementRequest) -> list[figures.PayingPeriod]:
    """Links and shared balances that matter for the days of the statement, in the payer's time zone (S11)."""
    since, until = _instants(payer, wanted)
    return figures.paying_periods(payer.id, account.id if account else payer.id, since, until)


def _instants(payer: Profile, wanted: StatementRequest) -> tuple[datetime, datetime]:
    """When the first day begins and the last one ends."""
    zone = ZoneInfo(payer.time_zone)
    return (
        datetime.combine(wanted.first, time(), zone).astimezone(UTC),
        datetime.combine(wanted.last + timedelta(days=1), time(), zone).astimezone(UTC),
    )


def _notes(
    payer: Profile, wanted: StatementRequest, periods: list[figures.PayingPeriod], reader: Profile | None
) -> list[Note]:
    """S11. A former sub-account's later links are no business of who paid for it before (S9)."""
    since, until = _instants(payer, wanted)
    zone = ZoneInfo(payer.time_zone)
    changes: list[tuple[datetime, bool, Sentence]] = []
    for period in periods:
        if reader is not None and reader.id not in (period.payer_id, period.account_id):
            continue
        if since <= period.began_at < until:
            changes.append((period.began_at, True, _begun(period)))
        if period.ended_at is not None and since <= period.ended_at < until:
            changes.append((period.ended_at, False, _ended(period)))
    # An end stands before a beginning of the same moment.
    changes.sort(key=lambda change: (change[0], change[1], str(change[2])))
    return [Note(at.astimezone(zone).date(), text) for at, _, text in changes]


def _begun(period: figures.PayingPeriod) -> Sentence:
    account, payer = period.account, period.payer
    if period.mode == figures.SHARED:
        return say("{account} and {payer} share the balances of {payer} from here on", account=account, payer=payer)
    if period.mode == BillingMode.AGGREGATED:
        return say("{account} became a sub-account of {payer} (aggregated)", account=account, payer=payer)
    return say("{account} became a sub-account of {payer} (independent)", account=account, payer=payer)


def _ended(period: figures.PayingPeriod) -> Sentence:
    account, payer = period.account, period.payer
    if period.mode == figures.SHARED:
        return say("{account} and {payer} no longer share balances", account=account, payer=payer)
    if period.mode == BillingMode.AGGREGATED:
        return say("{account} is no longer a sub-account of {payer} (aggregated)", account=account, payer=payer)
    return say("{account} is no longer a sub-account of {payer} (independent)", account=account, payer=payer)


def _other_payers(
    payer: Profile,
    account: Profile | None,
    wanted: StatementRequest,
    periods: list[figures.PayingPeriod],
    reader: Profile | None,
) -> Sequence[OtherPayer]:
    """S11: other customers on whose books the account has lines in the period.

    A reader learns of them only where the account is its own: who paid for somebody else is between those two (S9).
    Somebody else can have paid only where there was a link or a shared balance.
    """
    about = account or payer
    if reader is not None and reader.id != about.id:
        return []
    if not any(period.account_id == about.id for period in periods):
        return []
    found = figures.payers_of(about.id, wanted.first, wanted.last)
    found.pop(payer.id, None)
    names = figures.parties(found)
    return [OtherPayer(names[key], begin, end) for key, (begin, end) in sorted(found.items(), key=lambda f: f[1])]


def today_for(profile: Profile) -> date:
    """Today in the customer's partner's time zone."""
    return clock.today(profile.time_zone)


def balance_of(profile: Profile) -> Balances:
    """The balances of whoever pays for the customer, as of today (F10). For a caller that may see them."""
    return books.balances({profile.payer_id: profile.currency}, today_for(profile))[profile.payer_id]
