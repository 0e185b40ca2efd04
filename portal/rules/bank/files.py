"""What a bank's file says (F16): statements with their balances, and lines that must add up to the closing one.

A file is a sequence of events: `Opened`, its lines, `Closed`, and so on for each statement in it. Amounts are minor
units, credits positive and debits negative. So a file of any length is read with little memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from hashlib import blake2b
from typing import NamedTuple

from portal.rules.errors import Invalid, Reason, Refused
from portal.rules.money import LARGEST_MINOR, Money
from portal.rules.sentences import Sentence, say

LONGEST_NAME, LONGEST_ACCOUNT, LONGEST_REFERENCE, LONGEST_TEXT = 200, 60, 140, 2000
_NO_REFERENCE = frozenset({"", "NONREF", "NOTPROVIDED", "NOT PROVIDED", "NOTAVAILABLE", "0"})


class Opened(NamedTuple):
    """The head of a statement. `opening_minor` is None where the file does not say (a CSV without balances)."""

    id: str
    account: str
    currency: str
    opening_minor: int | None


class Entry(NamedTuple):
    """One line as the file has it: an entry, or one part of a batch. `value_on` is the day from which it counts there.

    `reversal` says that the file marks it as taking another one back; `bank_reference` is what the bank calls it.
    """

    booked_on: date
    value_on: date | None
    amount_minor: int
    name: str = ""
    account: str = ""
    reference: str = ""
    text: str = ""
    bank_reference: str = ""
    reversal: bool = False


class Line(NamedTuple):
    """An entry with its place in the statement and its `fingerprint`, by which the same entry is known again."""

    position: int
    fingerprint: str
    entry: Entry


class Closed(NamedTuple):
    """The end of a statement; `closing_minor` is None where the file does not say."""

    closing_minor: int | None


Event = Opened | Entry | Closed
Checked = Opened | Line | Closed


def unreadable(sentence: Sentence) -> Invalid:
    """What is raised for a file that cannot be read."""
    return Invalid({"file": sentence})


def checked(events: Iterable[Event]) -> Iterator[Checked]:
    """The same events, once they add up: opening + entries = closing for each statement.

    Entries that are marked as reversals are held back to the end of their statement, and have the sign with which the
    file adds up: banks mark the direction of what is taken back, or that of taking it back. Raises Refused with the
    difference where neither does (F16), and Invalid for a file without a statement.
    """
    seen: Counter[str] = Counter()
    statements = 0
    head: Opened | None = None
    total, position, held = 0, 0, list[tuple[int, Entry]]()
    for event in events:
        if isinstance(event, Opened):
            head, total, position, held = event, 0, 0, []
            statements += 1
            yield event
            continue
        assert head is not None, "a reader gives a line without its statement"
        if isinstance(event, Entry):
            position += 1
            if event.reversal:
                held.append((position, event))
            else:
                total += event.amount_minor
                yield _line(head, position, event, seen)
            continue
        for place, entry in _signed(head, event, total, held):
            yield _line(head, place, entry, seen)
        yield event
    if not statements:
        raise unreadable(say("There is no statement of an account in this file."))


def _signed(head: Opened, end: Closed, total: int, held: list[tuple[int, Entry]]) -> list[tuple[int, Entry]]:
    """The reversals with the sign with which the statement adds up. Raises Refused with the difference."""
    reversed_ = sum(entry.amount_minor for _, entry in held)
    if head.opening_minor is None or end.closing_minor is None:
        return held
    difference = end.closing_minor - head.opening_minor - total - reversed_
    if not difference:
        return held
    if held and difference == -2 * reversed_:
        return [(place, entry._replace(amount_minor=-entry.amount_minor)) for place, entry in held]
    currency = head.currency
    message = say(
        "Statement {id} of {account} does not add up: {opening} and its entries of {entries} come to {sum}, but it "
        "closes with {closing}. The difference is {difference}.",
        id=head.id,
        account=head.account,
        opening=Money(head.opening_minor, currency),
        entries=Money(total + reversed_, currency),
        sum=Money(head.opening_minor + total + reversed_, currency),
        closing=Money(end.closing_minor, currency),
        difference=Money(abs(difference), currency),
    )
    raise Refused([Reason("F16", message, say("Download the file from the bank once more. Nothing was imported."))])


def _line(head: Opened, position: int, entry: Entry, seen: Counter[str]) -> Line:
    """An entry as it is kept. The same contents twice in a file are two entries, and get different fingerprints."""
    kept = entry._replace(
        name=_tidy(entry.name, LONGEST_NAME),
        account=_tidy(entry.account, LONGEST_ACCOUNT),
        reference=_tidy(entry.reference, LONGEST_REFERENCE),
        text=_tidy(entry.text, LONGEST_TEXT),
        bank_reference=_tidy(entry.bank_reference, LONGEST_REFERENCE),
    )
    if abs(kept.amount_minor) > LARGEST_MINOR:
        raise unreadable(say("An entry of {day} is larger than any amount we keep.", day=kept.booked_on))
    known = kept.bank_reference.upper() not in _NO_REFERENCE
    content = (kept.bank_reference,) if known else (kept.name, kept.account, kept.reference, kept.text)
    key = "\x1f".join((head.account, head.currency, kept.booked_on.isoformat(), str(kept.amount_minor), *content))
    seen[key] += 1
    digest = blake2b(f"{key}\x1f{seen[key]}".encode("utf-8", "surrogatepass"), digest_size=16)
    return Line(position, digest.hexdigest(), kept)


def _tidy(text: str, longest: int) -> str:
    """Text without what cannot be seen, and not longer than there is room for."""
    if text.isprintable():
        return (" ".join(text.split()) if "  " in text else text.strip())[:longest]
    words = "".join(one if one.isprintable() else " " for one in text[: 4 * longest]).split()
    return " ".join(words)[:longest]
