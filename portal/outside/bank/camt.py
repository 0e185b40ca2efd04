"""Statements in the form camt.053 of ISO 20022, any version of it, read entry by entry with flat memory (F16).

Nothing is fetched and no entity is expanded: a file with a document type of its own is refused before it is parsed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, BinaryIO

from lxml import etree

from portal.outside.bank.amounts import day_of, minor_of
from portal.rules.bank.files import Closed, Entry, Event, Opened, unreadable
from portal.rules.errors import Invalid
from portal.rules.money import is_currency
from portal.rules.sentences import say

_HEAD = 4096
_MOST_PARTS = 100_000
_OPENING, _CLOSING = ("OPBD", "PRCD", "ITBD"), ("CLBD", "ITBD")
_OTHERS = {"BkToCstmrAcctRpt": "camt.052", "BkToCstmrDbtCdtNtfctn": "camt.054"}


def events(file: BinaryIO) -> Iterator[Event]:
    """What the file says. Raises Invalid for what is no camt.053, is cut off or cannot be trusted."""
    head = file.read(_HEAD)
    file.seek(0)
    if b"<!DOCTYPE" in head.replace(b"\x00", b"").upper():
        raise _own_type()
    try:
        yield from _Reader(file).events()
    except etree.XMLSyntaxError as error:
        reason = str(error.msg or "").split("\n")[0][:120]
        raise unreadable(
            say("The file is cut off or damaged in line {line}: {reason}.", line=error.lineno or 0, reason=reason)
        ) from error


def _own_type() -> Invalid:
    return unreadable(say("The file brings a document type of its own, which no bank does. It was not read."))


class _Reader:
    """Reads one file; what was read of it is forgotten entry by entry."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._head: Opened | None = None
        self._balances: dict[str, list[tuple[int, str]]] = {}
        self._account = self._id = ""

    def events(self) -> Iterator[Event]:
        tags = tuple(f"{{*}}{name}" for name in ("Stmt", "Ntry", "Bal", "Acct", "Id", *_OTHERS))
        parser = etree.iterparse(
            self._file,
            events=("start", "end"),
            tag=tags,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        for event, element in parser:
            name = _name(element)
            if event == "start" and name == "Stmt" and element.getroottree().docinfo.internalDTD is not None:
                raise _own_type()
            if name in _OTHERS:
                raise unreadable(
                    say("This is a {kind}. A statement with balances is needed, a camt.053.", kind=_OTHERS[name])
                )
            if event == "end":
                yield from self._ended(name, element)
            elif name == "Stmt":
                self._head, self._balances, self._account, self._id = None, {}, "", ""

    def _ended(self, name: str, element: Any) -> Iterator[Event]:
        """What a finished element of a statement says; the rest waits until its own parent is finished."""
        parent = element.getparent()
        within = _name(parent) if parent is not None else ""
        if name == "Stmt":
            if self._head is None:
                yield self._opened()
            yield Closed(self._closing())
            _forget(element)
        elif within == "Stmt" and name == "Ntry":
            if self._head is None:
                yield self._opened()
            yield from self._entries(element)
            _forget(element)
        elif within == "Stmt":
            self._said(name, element)

    def _said(self, name: str, element: Any) -> None:
        if name == "Id":
            self._id = (element.text or "").strip()
        elif name == "Acct":
            self._account = _text(element, "Id/IBAN") or _text(element, "Id/Othr/Id")
        elif name == "Bal":
            self._balance(element)

    def _balance(self, element: Any) -> None:
        code = _text(element, "Tp/CdOrPrtry/Cd").upper()
        amount = element.find("{*}Amt")
        if amount is None:
            raise unreadable(say("A balance has no amount."))
        currency = _currency(amount)
        minor = minor_of(amount.text or "", currency)
        signed = -minor if _text(element, "CdtDbtInd") == "DBIT" else minor
        self._balances.setdefault(code, []).append((signed, currency))

    def _opened(self) -> Opened:
        for code in _OPENING:
            if found := self._balances.get(code):
                self._head = Opened(self._id, self._account, found[0][1], found[0][0])
                return self._head
        raise unreadable(
            say("Statement {id} says with which balance it opens nowhere before its entries.", id=self._id)
        )

    def _closing(self) -> int:
        assert self._head is not None
        for code in _CLOSING:
            if found := self._balances.get(code):
                if found[-1][1] != self._head.currency:
                    raise self._other_currency(found[-1][1])
                return found[-1][0]
        raise unreadable(say("Statement {id} says nowhere with which balance it closes.", id=self._id))

    def _other_currency(self, currency: str) -> Exception:
        assert self._head is not None
        return unreadable(
            say(
                "Statement {id} is in {own} and has an amount in {currency}.",
                id=self._id,
                own=self._head.currency,
                currency=currency,
            )
        )

    def _entries(self, element: Any) -> Iterator[Entry]:
        """One entry: its parts where they come to it, with the charges that are missing, or the whole."""
        status = (_text(element, "Sts/Cd") or _text(element, "Sts")).upper()
        if status and status != "BOOK":
            return  # not in the balances yet
        assert self._head is not None
        amount = element.find("{*}Amt")
        if amount is None:
            raise unreadable(say("An entry has no amount."))
        currency = _currency(amount)
        if currency != self._head.currency:
            raise self._other_currency(currency)
        minor = minor_of(amount.text or "", currency)
        debit = _text(element, "CdtDbtInd") == "DBIT"
        signed = -minor if debit else minor
        booked, value = _day(element, "BookgDt"), _day(element, "ValDt")
        if (on := booked or value) is None:
            raise unreadable(say("An entry of statement {id} has no date.", id=self._id))
        whole = Entry(
            on,
            value,
            signed,
            text=_text(element, "AddtlNtryInf"),
            bank_reference=_text(element, "AcctSvcrRef") or _text(element, "NtryRef"),
            reversal=_text(element, "RvslInd").lower() in ("true", "1"),
        )
        details = element.findall("{*}NtryDtls/{*}TxDtls")[: _MOST_PARTS + 1]
        if len(details) == 1:
            whole = self._part(whole, details[0], signed, debit, "")
        yield from self._split(whole, details, debit, currency, element)

    def _split(self, whole: Entry, details: list[Any], debit: bool, currency: str, element: Any) -> Iterator[Entry]:
        amounts = [_part_amount(one, currency, debit) for one in details]
        known = [one for one in amounts if one is not None]
        rest = whole.amount_minor - sum(known)
        if not details or len(known) != len(details) or (len(details) == 1 and not rest):
            yield whole
            return
        charges = self._charges([element, *details], currency) if rest else 0
        if rest and abs(rest) != charges:
            yield whole
            return
        parts = zip(details, known, strict=True)
        for number, (part, minor) in enumerate(parts, 1):
            yield self._part(whole._replace(text=""), part, minor, debit, f"/{number}" if len(details) > 1 else "")
        if rest:
            yield whole._replace(
                amount_minor=rest,
                name="",
                account="",
                reference="",
                text=(whole.text and f"Charges: {whole.text}") or "Charges",
                bank_reference=whole.bank_reference and f"{whole.bank_reference}/charges",
            )

    def _part(self, whole: Entry, part: Any, minor: int, debit: bool, number: str) -> Entry:
        """What a part says; the other side of a credit is its debtor."""
        sides = ("Cdtr", "Dbtr") if debit else ("Dbtr", "Cdtr")
        own = _text(part, "Refs/AcctSvcrRef")
        bank = own or (whole.bank_reference and f"{whole.bank_reference}{number}")
        texts = [(one.text or "").strip() for one in part.findall("{*}RmtInf/{*}Ustrd")]
        said = " ".join(filter(None, texts)) or _text(part, "AddtlTxInf")
        end_to_end = _text(part, "Refs/EndToEndId")
        return whole._replace(
            amount_minor=minor,
            name=_first(
                part,
                *(f"RltdPties/{side}{name}" for side in sides for name in ("/Nm", "/Pty/Nm")),
                f"RltdPties/Ultmt{sides[0]}/Nm",
                f"RltdPties/Ultmt{sides[0]}/Pty/Nm",
            ),
            account=_first(part, f"RltdPties/{sides[0]}Acct/Id/IBAN", f"RltdPties/{sides[0]}Acct/Id/Othr/Id"),
            reference=_text(part, "RmtInf/Strd/CdtrRefInf/Ref")
            or ("" if end_to_end.upper().replace(" ", "") == "NOTPROVIDED" else end_to_end),
            text=said or whole.text,
            bank_reference=bank,
        )

    def _charges(self, elements: list[Any], currency: str) -> int:
        """What the charges of an entry and of its parts come to; the file gives them above, below or both."""
        found = []
        for element in elements:
            records = element.findall("{*}Chrgs/{*}Rcrd/{*}Amt") or element.findall("{*}Chrgs/{*}Amt")
            totals = element.findall("{*}Chrgs/{*}TtlChrgsAndTaxAmt") if not records else []
            found.append(
                sum(minor_of(one.text or "", currency) for one in (records or totals) if _currency(one) == currency)
            )
        return found[0] or sum(found[1:])


# The tree -------------------------------------------------------------------------------------------------------------


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


@cache
def _anywhere(path: str) -> str:
    """A path of plain names, in whatever version's namespace."""
    return "/".join(f"{{*}}{step}" for step in path.split("/"))


def _text(element: Any, path: str) -> str:
    found = element.find(_anywhere(path))
    return (found.text or "").strip() if found is not None else ""


def _first(element: Any, *paths: str) -> str:
    return next(filter(None, (_text(element, path) for path in paths)), "")


def _day(element: Any, name: str) -> Any:
    return day_of(_text(element, f"{name}/Dt") or _text(element, f"{name}/DtTm"))


def _currency(amount: Any) -> str:
    code = str(amount.get("Ccy") or "")
    if not is_currency(code):
        raise unreadable(say("“{text}” is not a currency.", text=code[:10]))
    return code


def _part_amount(part: Any, currency: str, debit: bool) -> int | None:
    """A part's signed amount in the currency of the account; None where it says none."""
    direction = _text(part, "CdtDbtInd")
    for path in ("{*}Amt", "{*}AmtDtls/{*}TxAmt/{*}Amt", "{*}AmtDtls/{*}InstdAmt/{*}Amt"):
        amount = part.find(path)
        if amount is not None and amount.get("Ccy") == currency:
            minor = minor_of(amount.text or "", currency)
            return -minor if (direction == "DBIT" if direction else debit) else minor
    return None


def _forget(element: Any) -> None:
    """Free an element that was read, and what stands before it."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]
