"""How the columns of a bank's CSV are called: a mapping that is saved under a name (F16)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from portal.rules.errors import Invalid
from portal.rules.money import is_currency
from portal.rules.sentences import Sentence, say

FIELDS = (
    *("date", "value_date", "amount", "credit", "debit", "balance", "name", "iban", "reference", "text"),
    "bank_reference",
)
"""What can be in a column. Either `amount` or `credit` and `debit`; `balance` is the one after the row."""

OPTIONS = ("account", "currency", "dates", "decimal")
PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        "yyyy-mm-dd": "%Y-%m-%d",
        "dd.mm.yyyy": "%d.%m.%Y",
        "dd.mm.yy": "%d.%m.%y",
        "dd/mm/yyyy": "%d/%m/%Y",
        "mm/dd/yyyy": "%m/%d/%Y",
        "dd-mm-yyyy": "%d-%m-%Y",
        "yyyymmdd": "%Y%m%d",
        "yyyy/mm/dd": "%Y/%m/%d",
    }
)
DATES = "yyyy-mm-dd"
LONGEST_NAME, LONGEST_HEADING = 60, 100


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapping: which heading each field has, of which account, in which currency, and how days and amounts look."""

    columns: Mapping[str, str]
    account: str = ""
    currency: str = "EUR"
    dates: str = DATES
    decimal: str = "."

    @property
    def pattern(self) -> str:
        """How its days are written, as `strptime` wants it."""
        return PATTERNS[self.dates]


def mapped(name: str, given: Mapping[str, str], currency: str) -> Mapped:
    """A mapping from texts by FIELDS and OPTIONS. Raises Invalid for everything that is wrong with it."""
    wrong = _unknown(given) | _wrong_columns(given) | _wrong_options(given)
    if not name.strip() or len(name) > LONGEST_NAME:
        wrong["name"] = say("Give the mapping a name of at most {longest} characters.", longest=LONGEST_NAME)
    code = (given.get("currency") or currency).upper()
    if not is_currency(code):
        wrong["currency"] = say("“{text}” is not a currency code of ISO 4217, such as EUR.", text=code[:40])
    if wrong:
        raise Invalid(wrong)
    dates, decimal = given.get("dates") or DATES, given.get("decimal") or "."
    return Mapped(_columns(given), given.get("account", "").strip(), code, dates, decimal)


_CALLED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "value_date": ("value", "valuta", "wertstellung"),
        "date": ("date", "datum", "buchung", "booked", "fecha", "data"),
        "credit": ("credit", "paid in", "money in", "haben", "gutschrift"),
        "debit": ("debit", "paid out", "money out", "soll", "lastschrift"),
        "amount": ("amount", "betrag", "umsatz", "montant", "importe", "importo", "částka", "kwota"),
        "balance": ("balance", "saldo", "solde", "kontostand", "zůstatek"),
        "name": ("name", "payee", "payer", "counterparty", "auftraggeber", "begünstigter", "partner"),
        "iban": ("iban", "kontonummer", "account number", "counter account", "protiúčet"),
        "reference": ("reference", "referenz", "end-to-end", "kundenreferenz", "symbol"),
        "text": ("text", "description", "verwendungszweck", "details", "memo", "narrative", "zpráva", "purpose"),
        "bank_reference": ("bank reference", "transaction id", "bankreferenz"),
    }
)
"""Words in headings that tell what a column holds, the telling ones first."""


def headings_of(rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """The headings of a table of which only rows are known, and the rows after them: the first row that has as many
    filled cells as any, since banks put a few words of their own above.
    """
    widest = max((sum(map(bool, row)) for row in rows), default=0)
    for place, row in enumerate(rows):
        if sum(map(bool, row)) == widest:
            return [cell for cell in row if cell], [list(one) for one in rows[place + 1 :]]
    return [], []


def guessed(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """What the columns of a table probably hold, and how it writes days and amounts: to be looked at by somebody."""
    found: dict[str, str] = {}
    for field, words in _CALLED.items():
        free = [heading for heading in headings if heading not in found.values()]
        match = next((one for word in words for one in free if word in one.casefold()), "")
        if match:
            found[field] = match
    if "amount" in found:
        found.pop("credit", None)
        found.pop("debit", None)
    cells = {name: [row[place] for row in rows if place < len(row)] for place, name in enumerate(headings)}
    found["dates"] = _dates_of(cells.get(found.get("date", ""), []))
    amounts = cells.get(found.get("amount") or found.get("credit") or "", [])
    found["decimal"] = "," if any("," in cell[-3:] for cell in amounts) else "."
    return found


def _dates_of(cells: Sequence[str]) -> str:
    """The first way in which all of some days can be read."""
    days = [cell[:10].rstrip(" T") for cell in cells if cell]
    return next((name for name, pattern in PATTERNS.items() if days and all(map(_is_day(pattern), days))), DATES)


def _is_day(pattern: str) -> Callable[[str], bool]:
    def reads(text: str) -> bool:
        try:
            datetime.strptime(text, pattern)  # noqa: DTZ007
        except ValueError:
            return False
        return True

    return reads


def _columns(given: Mapping[str, str]) -> dict[str, str]:
    return {field: given[field].strip() for field in FIELDS if given.get(field, "").strip()}


def _unknown(given: Mapping[str, str]) -> dict[str, Sentence]:
    wrong = {}
    known = (*FIELDS, *OPTIONS)
    for key, text in given.items():
        if key not in known:
            wrong[key] = say("There is no “{key}” in a mapping. There are {keys}.", key=key[:40], keys=", ".join(known))
        elif len(text) > LONGEST_HEADING:
            wrong[key] = say("Use at most {longest} characters here.", longest=LONGEST_HEADING)
    return wrong


def _wrong_columns(given: Mapping[str, str]) -> dict[str, Sentence]:
    wrong, columns = {}, _columns(given)
    if "date" not in columns:
        wrong["date"] = say("Say which column has the date.")
    if ("amount" in columns) == ("credit" in columns or "debit" in columns):
        wrong["amount"] = say("Say which column has the amount, or which ones have credits and debits.")
    return wrong


def _wrong_options(given: Mapping[str, str]) -> dict[str, Sentence]:
    wrong = {}
    if (given.get("dates") or DATES) not in PATTERNS:
        wrong["dates"] = say("Dates are written in one of these ways: {ways}.", ways=", ".join(PATTERNS))
    if given.get("decimal", "") not in ("", ".", ","):
        wrong["decimal"] = say("The decimal sign is a point or a comma.")
    return wrong
