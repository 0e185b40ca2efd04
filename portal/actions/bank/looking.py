"""Looking at bank files: their lines, each with what it may pay (F16)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from portal.actions import access
from portal.db.bank import files as rows
from portal.db.bank import payers
from portal.db.bank.files import FileFacts, LineFacts, StatementFacts
from portal.db.engine import snapshot
from portal.db.invoices import requests
from portal.db.partners import settings as partners
from portal.outside import clock
from portal.outside.bank.accounts import iso_reference, payer_reference
from portal.rules.bank.matching import BankEntry, Candidate, Matcher, Proposal, Request
from portal.rules.bank.states import LineState
from portal.rules.deciding import Actor
from portal.rules.errors import Missing
from portal.rules.partners import AllocationMode
from portal.rules.permissions import Permission
from portal.rules.sentences import say

SETTLED = timedelta(days=400)
"""An entry that names an invoice settled since then is not taken for another one."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A line with what it may pay; an open credit alone has proposals."""

    line: LineFacts
    proposals: Sequence[Proposal]

    @property
    def chosen(self) -> bool:
        """Whether it is clear what it pays."""
        return any(one.chosen for one in self.proposals)

    @property
    def excess_minor(self) -> int:
        """What the line has beyond what is chosen for it; it would stay unallocated."""
        return self.line.amount_minor - sum(one.amount for one in self.proposals if one.chosen)


@dataclass(frozen=True, slots=True)
class FilePage:
    """A file, its statements, and some of its lines; `count` is how many there are of that kind."""

    file: FileFacts
    statements: Sequence[StatementFacts]
    lines: Sequence[Shown]
    count: int


@snapshot
def list_files(actor: Actor, *, page: int = 1, size: int = 50) -> list[FileFacts]:
    """The files of the partners the actor looks after, the newest first; one more than `size` where there are more."""
    access.require(actor, Permission.FINANCE_POST)
    return rows.files(actor.partner_id, skip=(page - 1) * size, size=size + 1)


@snapshot
def open_file(
    actor: Actor,
    public_id: str,
    *,
    states: Collection[LineState] = tuple(LineState),
    page: int = 1,
    size: int | None = None,
) -> FilePage:
    """A file with its lines in some states, all of them or a page. Raises Missing and NotAllowed."""
    access.require(actor, Permission.FINANCE_POST)
    found = _file(actor, public_id)
    lines = rows.lines(found.id, states=states, skip=(page - 1) * (size or 0), size=size)
    count = rows.count_lines(found.id, states) if size is not None else len(lines)
    return FilePage(found, rows.statements(found.id), with_proposals(found.partner_id, lines), count)


@snapshot
def open_line(actor: Actor, public_id: str) -> Shown:
    """One line. Raises Missing and NotAllowed."""
    access.require(actor, Permission.FINANCE_POST)
    found = rows.lines_named([public_id], actor.partner_id)
    if public_id not in found:
        raise Missing(say("There is no line “{line}”.", line=public_id[:40]))
    line = found[public_id]
    return with_proposals(line.partner_id, [line])[0]


@snapshot
def names_of(actor: Actor, shown: Sequence[Shown]) -> dict[str, str]:
    """The names of the customers in proposals, by the references that those give."""
    access.require(actor, Permission.FINANCE_POST)
    return payers.names({proposal.customer for one in shown for proposal in one.proposals})


def with_proposals(partner_id: int, lines: Sequence[LineFacts]) -> list[Shown]:
    """Lines with what they may pay, for an actor who may see that."""
    waiting = {one.id for one in lines if one.state is not LineState.CONFIRMED and one.amount_minor > 0}
    if not waiting:
        return [Shown(one, ()) for one in lines]
    matcher = matcher_of(partner_id)
    return [Shown(one, matcher.proposals(entry_of(one)) if one.id in waiting else ()) for one in lines]


def matcher_of(partner_id: int) -> Matcher:
    """Everything that may be paid of a partner, indexed once."""
    facts = next(one for one in partners.partners(partner_id) if one.id == partner_id)
    since = clock.today(facts.settings.time_zone) - SETTLED
    found = payers.candidates(partner_id, since)
    candidates = [
        one._replace(references=tuple(filter(None, {*one.references, iso_reference(one.invoice)}))) for one in found
    ]
    asked = [*requests.of_partner(partner_id, clock.now() - SETTLED), *_standing(candidates), *_moved(partner_id)]
    oldest = facts.settings.allocation is AllocationMode.OLDEST
    return Matcher(candidates, asked, payers.payers(partner_id), oldest_first=oldest)


def _standing(candidates: Sequence[Candidate]) -> list[Request]:
    """For each payer the reference that its statements bear: all that is open of it, the oldest first."""
    by_payer: dict[str, list[tuple[str, int]]] = {}
    for one in candidates:
        by_payer.setdefault(one.customer, []).append((one.invoice, one.open))
    names = payers.public_ids(set(by_payer))
    return [Request(payer_reference(names[who]), who, tuple(parts)) for who, parts in by_payer.items() if who in names]


def _moved(partner_id: int) -> list[Request]:
    """For each payer whose invoices moved to another one (P2) the reference of its earlier statements: those of them
    that are open there.
    """
    found: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for one in payers.moved(partner_id):
        found.setdefault((one.origin, one.customer), []).append((one.invoice, one.open))
    return [Request(payer_reference(origin), who, tuple(parts)) for (origin, who), parts in found.items()]


def entry_of(line: LineFacts) -> BankEntry:
    """A line as proposals are made for it."""
    return BankEntry(line.amount_minor, line.currency, line.name, line.account, line.reference, line.text)


def _file(actor: Actor, public_id: str) -> FileFacts:
    found = rows.file(public_id, actor.partner_id)
    if found is None:
        raise Missing(say("There is no bank file “{file}”.", file=public_id[:40]))
    return found
