"""What a credit on the bank account pays (F16): by its reference, then by IBAN and amount, then by name and amount.

Equal amounts alone decide nothing: they are proposed, and never chosen.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from portal.rules.bank.references import Hit, References
from portal.rules.paying import still_asked

MOST_BY_AMOUNT = 20
"""Where more invoices have the same amount open, it says nothing, and none is proposed for it."""


class Because(StrEnum):
    """By what something is proposed."""

    REFERENCE = "reference"
    IBAN = "iban"
    NAME = "name"
    AMOUNT = "amount"


class Candidate(NamedTuple):
    """An invoice that may be paid: its number, its payer, what is open in minor units, and its payment references.

    One that is settled is given with 0, so that an entry which names it is not taken for another one by its amount.
    """

    invoice: str
    customer: str
    open: int
    currency: str
    due: date
    references: tuple[str, ...] = ()


class Request(NamedTuple):
    """A payment request (F12): a reference of its own, who pays its invoices now, and their numbers with the amounts it
    asked for.
    """

    reference: str
    customer: str
    parts: tuple[tuple[str, int], ...]


class Payer(NamedTuple):
    """By what somebody who pays is recognised."""

    customer: str
    names: tuple[str, ...] = ()
    ibans: tuple[str, ...] = ()


class BankEntry(NamedTuple):
    """A line of a bank's file: its amount in minor units, credits positive, and what the bank passes on."""

    amount: int
    currency: str
    name: str = ""
    iban: str = ""
    reference: str = ""
    text: str = ""


class Proposal(NamedTuple):
    """How much of an entry may pay which invoice, and whether it is so without anybody's choice."""

    customer: str
    invoice: str
    amount: int
    because: Because
    chosen: bool


class Matcher:
    """Everything that may be paid, indexed once for a whole file."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        requests: Iterable[Request] = (),
        payers: Iterable[Payer] = (),
        *,
        oldest_first: bool = False,
    ) -> None:
        """Of `candidates` that are due on the same day, those that were issued first come first (F7).

        `oldest_first` is the partner's setting: which of one payer's invoices of the same amount is meant.
        """
        self._candidates = candidates
        self._requests = list(requests)
        self._oldest_first = oldest_first
        self._by_number = {one.invoice: place for place, one in enumerate(candidates)}
        self._references = References(self._named())
        self._by_amount: dict[tuple[int, str], list[int]] = defaultdict(list)
        self._by_customer: dict[str, list[int]] = defaultdict(list)
        for place in sorted(range(len(candidates)), key=self._order):
            one = candidates[place]
            if one.open > 0:
                self._by_amount[one.open, one.currency].append(place)
                self._by_customer[one.customer].append(place)
        self._by_iban: dict[str, dict[str, None]] = defaultdict(dict)
        self._by_name: dict[str, dict[str, None]] = defaultdict(dict)
        for payer in payers:
            for iban in filter(None, map(_iban, payer.ibans)):
                self._by_iban[iban][payer.customer] = None
            for key in {key for name in payer.names for key in name_keys(name)}:
                self._by_name[key][payer.customer] = None

    def _order(self, place: int) -> tuple[date, int]:
        """In which order an entry settles candidates where it names no amounts (F7)."""
        return self._candidates[place].due, place

    def _named(self) -> Iterable[tuple[str, int]]:
        """Requests have negative places: −1 is the first."""
        for place, one in enumerate(self._candidates):
            for name in (one.invoice, *one.references):
                yield name, place
        for place, request in enumerate(self._requests):
            yield request.reference, -1 - place

    def proposals(self, entry: BankEntry) -> list[Proposal]:
        """What an entry may pay, the likeliest way only; nothing for a debit. Those that are chosen never come to more
        than its amount, and are all of one payer.
        """
        if entry.amount <= 0:
            return []
        hits = self._references.found(entry.reference, entry.text)
        named = self._by_references(entry, hits)
        known = any(hit.sure for hit in hits)
        if named and (known or named[0].chosen):
            return named
        ibans = self._by_iban.get(_iban(entry.iban), {})
        others = (
            self._by_payers(entry, list(ibans), Because.IBAN, clear=not known)
            or self._by_name_of(entry, ibans, clear=not known)
            or self._of_known_iban(entry, list(ibans))
            or self._of_amount(entry)
        )
        return others if not named or any(one.chosen for one in others) else named

    # By reference

    def _by_references(self, entry: BankEntry, hits: Sequence[Hit]) -> list[Proposal]:
        wanted: dict[int, int] = {}
        for place in dict.fromkeys(place for hit in hits for place in hit.places):
            for candidate, most in self._asked(place):
                if most > 0 and self._candidates[candidate].currency == entry.currency:
                    wanted[candidate] = max(most, wanted.get(candidate, 0))
        places = sorted(wanted, key=self._order)
        clear = all(len(hit.places) == 1 for hit in hits)
        sure = all(hit.sure for hit in hits) or sum(wanted.values()) == entry.amount
        if clear and sure and len({self._candidates[place].customer for place in places}) == 1:
            return self._filled(places, wanted, entry.amount, Because.REFERENCE, chosen=True)
        return [self._proposal(place, min(wanted[place], entry.amount), Because.REFERENCE) for place in places]

    def _asked(self, place: int) -> Iterable[tuple[int, int]]:
        """The candidates that a reference stands for, and how much of each."""
        if place >= 0:
            yield place, self._candidates[place].open
            return
        request = self._requests[-1 - place]
        for number, amount in request.parts:
            candidate = self._by_number.get(number)
            if candidate is not None and self._candidates[candidate].customer == request.customer:
                yield candidate, still_asked(amount, self._candidates[candidate].open)

    # By payer and amount

    def _by_payers(
        self, entry: BankEntry, customers: Sequence[str], because: Because, *, clear: bool
    ) -> list[Proposal]:
        """Of each of these payers the invoices of just that amount, or all of them where they come to it together.

        Nothing is chosen where it is not `clear` who pays, or what: an amount does not decide between several.
        """
        fitting = [places for customer in customers if (places := self._fitting(customer, entry))]
        if clear and len(customers) == len(fitting) == 1:
            (places,) = fitting
            opens = {place: self._candidates[place].open for place in places}
            if sum(opens.values()) == entry.amount or self._oldest_first:
                return self._filled(places, opens, entry.amount, because, chosen=True)
        return [self._proposal(place, self._candidates[place].open, because) for places in fitting for place in places]

    def _fitting(self, customer: str, entry: BankEntry) -> list[int]:
        places = self._open_of(customer, entry.currency)
        equal = [place for place in places if self._candidates[place].open == entry.amount]
        if equal or sum(self._candidates[place].open for place in places) != entry.amount:
            return equal
        return places

    def _by_name_of(self, entry: BankEntry, ibans: Collection[str], *, clear: bool) -> list[Proposal]:
        """By name; `ibans` are the payers whose IBAN it is, and a name of nobody among them is not chosen."""
        found = dict.fromkeys(payer for key in name_keys(entry.name) for payer in self._by_name.get(key, ()))
        agrees = not ibans or all(payer in ibans for payer in found)
        return self._by_payers(entry, list(found), Because.NAME, clear=clear and agrees)

    # What is only worth a look

    def _of_known_iban(self, entry: BankEntry, customers: Sequence[str]) -> list[Proposal]:
        """The payer is known, but no amount is: what is open, as far as the entry goes, and none of it chosen."""
        if len(customers) != 1:
            return []
        places = self._open_of(customers[0], entry.currency)
        opens = {place: self._candidates[place].open for place in places}
        return self._filled(places, opens, entry.amount, Because.IBAN, chosen=False)

    def _of_amount(self, entry: BankEntry) -> list[Proposal]:
        places = self._by_amount.get((entry.amount, entry.currency), ())
        if len(places) > MOST_BY_AMOUNT:
            return []
        return [self._proposal(place, entry.amount, Because.AMOUNT) for place in places]

    # Proposals

    def _open_of(self, customer: str, currency: str) -> list[int]:
        """The open invoices of a payer, the oldest due first."""
        return [place for place in self._by_customer.get(customer, ()) if self._candidates[place].currency == currency]

    def _filled(
        self, places: Sequence[int], most: dict[int, int], amount: int, because: Because, *, chosen: bool
    ) -> list[Proposal]:
        """One after the other as far as the amount goes."""
        done = []
        for place in places:
            part = min(most[place], amount)
            if part > 0:
                done.append(self._proposal(place, part, because, chosen))
                amount -= part
        return done

    def _proposal(self, place: int, amount: int, because: Because, chosen: bool = False) -> Proposal:
        one = self._candidates[place]
        return Proposal(one.customer, one.invoice, amount, because, chosen)


# Names ----------------------------------------------------------------------------------------------------------------

_WORDS = re.compile(r"[^\W_]+")
_SPELT = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_ADDRESSING = frozenset(("mr", "mrs", "ms", "miss", "herr", "frau", "mme", "dr", "prof"))
_LONGEST_NAME = 200


def name_keys(name: str) -> tuple[str, ...]:
    """What a name is compared by: its words in any order, without case, accents and forms of address; once with
    umlauts as their vowels and once written out, as banks do either.
    """
    if name.isascii():
        return tuple(filter(None, [_key(name[:_LONGEST_NAME].lower())]))
    usual = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name[:_LONGEST_NAME]).casefold())
    return tuple(dict.fromkeys(filter(None, map(_key, (usual, usual.translate(_WRITTEN_OUT))))))


def _key(name: str) -> str:
    if not name.isascii():
        decomposed = unicodedata.normalize("NFKD", name).translate(_SPELT)
        name = "".join(one for one in decomposed if not unicodedata.combining(one))
    words = [word for word in _WORDS.findall(name) if word not in _ADDRESSING]
    return " ".join(sorted(words))


def _iban(iban: str) -> str:
    return "".join(iban.split()).upper()
