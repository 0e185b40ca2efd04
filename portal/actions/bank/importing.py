"""Taking a bank's file in: whole, once, and only if it adds up (F16)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from portal.actions import access
from portal.db import files as stored
from portal.db.audit import records as audit
from portal.db.bank import files as rows
from portal.db.engine import snapshot, writes
from portal.db.partners import settings as partners
from portal.outside import clock
from portal.outside.bank import reading
from portal.rules.bank.files import Checked, Closed, Line, Opened
from portal.rules.bank.mappings import Mapped, mapped
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

CHUNK = 5_000
TYPES: Mapping[str, str] = {"camt.053": "application/xml", "mt940": "text/plain", "csv": "text/csv"}


@dataclass(frozen=True, slots=True)
class Imported:
    """A file that was taken in, or was there already: its public id, and how many lines came and were known."""

    file: str
    added: int
    skipped: int


@writes(once="bank.import", answer=Imported)
def import_file(
    actor: Actor,
    source: BinaryIO,
    name: str,
    *,
    partner: str | None = None,
    mapping: str | None = None,
    once: str | None = None,
) -> Imported:
    """`import_within` in a transaction of its own."""
    return import_within(actor, source, name, partner=partner, mapping=mapping)


def import_within(
    actor: Actor, source: BinaryIO, name: str, *, partner: str | None = None, mapping: str | None = None
) -> Imported:
    """Take in a file that can be wound back; the same file, and the same entry in another one, changes nothing.

    `partner` is a name or public id; without one it is the only one there is, or the one whose account it is. Raises
    Invalid for what cannot be read, Refused with the difference for what does not add up, Missing and NotAllowed.
    """
    access.require(actor, Permission.FINANCE_POST)
    form = reading.form_of(source)
    wanted = _named(actor, partner)
    columns = _mapping(actor, wanted, mapping) if form == "csv" else None
    events = reading.read(source, columns)
    first = next(events)
    assert isinstance(first, Opened)
    partner_id, partner_name = wanted or _whose(actor, first.account)
    # The file is kept as it was sent, whatever the reader has read of it so far.
    place = source.tell()
    source.seek(0)
    kept = stored.keep(source, TYPES[form])
    source.seek(place)
    if (there := rows.same_file(partner_id, kept)) is not None:
        return _again(there)
    at = clock.now()
    key, public_id = rows.add_file(partner_id, kept, shown_name(name), form, actor=actor.label, at=at)
    added, skipped = _take(partner_id, key, chain([first], events))
    text = say(
        "Bank file {name} of {partner} taken in: {added} lines, {skipped} known already",
        name=shown_name(name),
        partner=partner_name,
        added=added,
        skipped=skipped,
    )
    audit.record(actor, "bank.import", text, file=public_id, added=added, skipped=skipped)
    return Imported(public_id, added, skipped)


@writes
def save_mapping(actor: Actor, name: str, given: Mapping[str, str], *, partner: str | None = None) -> Sentence:
    """Keep how the columns of a bank's CSV are called; a sentence about it. Raises Invalid, Missing and NotAllowed."""
    access.require(actor, Permission.FINANCE_POST)
    partner_id, partner_name, currency = with_currency(actor, partner)
    name = " ".join(name.split())
    mapped(name, given, currency)
    rows.save_mapping(partner_id, name, dict(given))
    text = say("Mapping {name} of {partner} saved", name=name, partner=partner_name)
    audit.record(actor, "bank.mapping", text, content=dict(given))
    return text


@snapshot
def mappings(actor: Actor) -> list[str]:
    """The names of the mappings of the partners the actor looks after. Raises NotAllowed."""
    access.require(actor, Permission.FINANCE_POST)
    found = rows.mapping_names(key for key, _, _ in partners.names(actor.partner_id))
    return sorted({name for _, name in found})


def _take(partner_id: int, file_id: int, events: Iterator[Checked]) -> tuple[int, int]:
    """Write statements and their lines as they are read; how many lines were new, and how many known."""
    added = skipped = position = statement_id = known_here = 0
    waiting: list[Line] = []

    def write() -> None:
        nonlocal added, known_here, waiting
        known = rows.known(partner_id, [line.fingerprint for line in waiting])
        new = [line for line in waiting if line.fingerprint not in known]
        rows.add_lines(partner_id, statement_id, new)
        added, known_here, waiting = added + len(new), known_here + len(known), []

    for event in events:
        if isinstance(event, Line):
            waiting.append(event)
            if len(waiting) >= CHUNK:
                write()
        elif isinstance(event, Opened):
            position, known_here = position + 1, 0
            statement_id = rows.add_statement(file_id, position, event)
        else:
            assert isinstance(event, Closed)
            write()
            rows.finish_statement(statement_id, event.closing_minor, known_here)
            skipped += known_here
    return added, skipped


def _again(public_id: str) -> Imported:
    found = rows.file(public_id)
    assert found is not None
    return Imported(public_id, 0, found.lines + found.skipped)


def shown_name(name: str) -> str:
    """The name of a file without folders and what cannot be seen."""
    bare = "".join(one if one.isprintable() else " " for one in name.replace("\\", "/").rpartition("/")[2])
    return " ".join(bare.split())[:200] or "file"


# Whose file it is -----------------------------------------------------------------------------------------------------


def _named(actor: Actor, partner: str | None) -> tuple[int, str] | None:
    known = partners.names(actor.partner_id)
    if partner is not None:
        found = [(key, name) for key, public_id, name in known if partner in (public_id, name)]
        if not found:
            raise Missing(say("There is no partner “{name}”.", name=partner[:60]))
        return found[0]
    return (known[0][0], known[0][2]) if len(known) == 1 else None


def _whose(actor: Actor, account: str) -> tuple[int, str]:
    """The partner whose account it is. Raises Invalid where that says nothing."""
    known = partners.partners(actor.partner_id)
    found = [(one.id, one.name) for one in known if account and one.settings.iban == account]
    if len(found) != 1:
        raise Invalid(
            {
                "partner": say(
                    "{account} is the account of none of several partners. Say whose file it is: {names}.",
                    account=account or say("This"),
                    names=", ".join(one.name for one in known[:20]),
                )
            }
        )
    return found[0]


def mapping_named(actor: Actor, partner: str | None, mapping: str | None) -> Mapped | None:
    """A saved mapping by its name. Raises Invalid with those that there are, and Missing."""
    return _mapping(actor, _named(actor, partner), mapping)


def with_currency(actor: Actor, partner: str | None) -> tuple[int, str, str]:
    """The partner whose mapping it is: its key, name and currency. Raises Invalid where several may be meant."""
    named = _named(actor, partner)
    if named is None:
        names = ", ".join(name for _, _, name in partners.names(actor.partner_id)[:20])
        raise Invalid({"partner": say("Say whose mapping it is: {names}.", names=names)})
    found = next(one for one in partners.partners(actor.partner_id) if one.id == named[0])
    return found.id, found.name, found.currency


def _mapping(actor: Actor, wanted: tuple[int, str] | None, name: str | None) -> Mapped | None:
    """The mapping that was named. Raises Invalid with those that there are."""
    if name is None:
        return None
    key, _, currency = with_currency(actor, wanted[1] if wanted else None)
    content = rows.mapping(key, name)
    if content is None:
        names = ", ".join(one for _, one in rows.mapping_names([key]))
        there = say("There are {names}.", names=names) if names else say("There is none yet.")
        raise Invalid({"mapping": say("There is no mapping “{name}”. {there}", name=name[:60], there=there)})
    return mapped(name, content, currency)
