"""One transaction from the command line: a file of one row, so that all the rules of importing hold for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.actions.imports.plans import Plan, Told
from portal.actions.imports.reading import Work
from portal.actions.imports.transactions import Books
from portal.db import imports
from portal.db.audit import records as audit
from portal.db.books import closing
from portal.db.books.posting import Totals
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import writes
from portal.db.imports import Booked, Payee
from portal.outside import clock
from portal.rules.closing import first_open
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing, Reason, Refused
from portal.rules.imports import COLUMNS, FUTURE_ITEM, FileKind, TransactionRow, Values, transaction_row
from portal.rules.money import Money, format_minor
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Remark, Sentence, say
from portal.rules.texts import identifier


@dataclass(frozen=True, slots=True)
class Answer:
    """A transaction in the books. `created` is False when it was there already. `amount_minor` is signed."""

    created: bool
    external_id: str | None
    public_id: str | None
    number: str
    kind: str
    ledger: str
    on: date
    customer: str
    payer: str
    amount_minor: int
    currency: str


class _OneRow:
    """A source of one row that stands on no line."""

    position = size = 1
    columns_vary = False
    remark = NOTHING

    def __init__(self, values: Values) -> None:
        self._values = values

    def rows(self, report: Callable[[int, str, Sentence], None]) -> Iterator[tuple[int, Values]]:
        """The row."""
        yield 0, self._values


@writes
def post_one(actor: Actor, given: Mapping[str, str]) -> Answer:
    """Post one row of the transactions import; `given` holds its columns, and `customer` may be a public id too.

    The same `external_id` with the same content is answered without posting again. Raises Missing, NotAllowed,
    Invalid by column, and Refused with every rule that says no.
    """
    profile = _customer(actor, given["customer"])
    return _carry_out(actor, profile, given, "")


@writes
def reverse_one(
    actor: Actor, external_id: str, *, reason: str, on: date | None = None, own_id: str | None = None
) -> Answer:
    """Take back the entry or future item with this external id, as a row that reverses it does.

    It counts from `on`, or from today, or the first open day where that is closed (F8); what is dated ahead is taken
    back on its own day, so that nothing is left.
    `own_id` is the external id of the reversal. Raises as `post_one` does.
    """
    external_id = identifier(external_id)
    original = imports.booked([external_id]).get(external_id)
    if original is None:
        raise Missing(say("There is no transaction “{id}”.", id=external_id))
    profile = _customer(actor, original.customer)
    today = max(original.on, clock.today(profile.time_zone))
    day = on or first_open(today, closing.closed_through(original.partner_id))
    given = {
        "external_id": own_id or "",
        "date": day.isoformat(),
        "kind": original.kind,
        "amount": format_minor(abs(original.amount_minor), original.currency),
        "reverses": external_id,
    }
    return _carry_out(actor, profile, given, reason)


def _customer(actor: Actor, reference: str) -> Profile:
    profile = customers.require(reference)
    access.require(actor, Permission.FINANCE_POST, profile)
    return profile


def _carry_out(actor: Actor, profile: Profile, given: Mapping[str, str], reason: str) -> Answer:
    row, values = _parsed({**given, "customer": profile.reference}, reason)
    work = Work(actor, FileKind.TRANSACTIONS, _OneRow(values))
    books = Books(work, _payees, Totals())
    books.take([(0, row)])
    books.finish()
    _raise_for(work)
    if not books.told:
        return _there(row)
    told = books.told[0]
    _remember(actor, profile, told, reason)
    return _answer(told)


def _payees(references: Iterable[str]) -> dict[str, Payee]:
    wanted = set(references)
    found = imports.payees(wanted)
    return found | imports.payees(wanted - found.keys(), public_ids=True)


def _parsed(given: Mapping[str, str], reason: str) -> tuple[TransactionRow, Values]:
    problems: dict[str, list[Sentence]] = {}
    values = [given.get(column) for column in COLUMNS[FileKind.TRANSACTIONS]]
    named = given.get("external_id")
    # A row of a file must have an external id; without one, any that is well-formed will do to look at the rest.
    row = transaction_row(
        [named or "-", *values[1:]], lambda column, text: problems.setdefault(column, []).append(text)
    )
    if row is None:
        raise Invalid(problems)
    return row._replace(external_id=row.external_id if named else "", reason=reason), values


def _raise_for(work: Work) -> None:
    problems = work.outcome().errors
    if not problems:
        return
    wrong: dict[str, list[Sentence]] = {}
    for problem in problems:
        if not problem.rule:
            wrong.setdefault(problem.column, []).append(problem.message)
    if wrong:
        raise Invalid(wrong)
    raise Refused([Reason(problem.rule, problem.message, problem.remedy) for problem in problems])


def _remember(actor: Actor, profile: Profile, told: Told, reason: str) -> None:
    plan = told.plan
    amount = Money(abs(plan.amount_minor), profile.currency)
    if plan.original is None:
        label = plan.row.kind.label if plan.row.kind else say("Future item")
        action, text = (
            "ledger.post",
            say("{label} {number} of {amount}", label=label, number=plan.number, amount=amount),
        )
    else:
        action, text = "ledger.reverse", _reversed(plan, plan.original.number, reason)
    audit.record(actor, action, text, subject_id=profile.id, entry=told.public_id)


def _reversed(plan: Plan, original: str, reason: str) -> Sentence:
    why = Remark(reason)
    return say("{original} reversed by {number}: {reason}", original=original, number=plan.number, reason=why)


def _answer(told: Told) -> Answer:
    plan = told.plan
    return Answer(
        True,
        plan.row.external_id or None,
        told.public_id,
        plan.number,
        plan.row.word,
        plan.ledger.value,
        plan.row.on,
        plan.payee.reference,
        customers.by_id(plan.payer_id).reference,
        plan.amount_minor,
        plan.payee.currency,
    )


def _there(row: TransactionRow) -> Answer:
    """What is in the books under the row's external id."""
    there: Booked = imports.booked([row.external_id])[row.external_id]
    payer = customers.by_id(there.issued_for_id).payer_reference if there.kind == FUTURE_ITEM else ""
    return Answer(
        False,
        there.external_id,
        None,
        there.number,
        there.kind,
        there.ledger,
        there.on,
        there.customer,
        payer or customers.by_id(there.payer_id).reference,
        there.amount_minor,
        there.currency,
    )
