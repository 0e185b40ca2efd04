"""Statements in the form MT940 of SWIFT, message by message (F16)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO

from mt940.models import Transactions

from portal.outside.bank import accounts
from portal.rules.bank.files import Closed, Entry, Event, Opened, unreadable
from portal.rules.money import LARGEST_MINOR, exponent, is_currency
from portal.rules.sentences import say

MOST = 50_000_000
"""Bytes; a statement of a year of one account has a tenth of it."""
_MESSAGE = re.compile(r"^:20:", re.MULTILINE)
_BLOCK = re.compile(r"^(?:\{[1-5]:.*|-\}?\s*)$", re.MULTILINE)
_CODED = re.compile(r"^\d{3}\?\d\d")
_WORD = re.compile(r"(?:^|[/\s+])(?:EREF|KREF|RREF)[/+:](?P<reference>[^\s/+?]{1,35})")
_SLASHED = re.compile(r"/(?P<key>NAME|IBAN|REMI|EREF|CDTRREFTP|CNTP)/(?P<value>.*?)(?=/(?:[A-Z]{3,9})/|$)", re.DOTALL)


def looks_like(head: str) -> bool:
    """Whether a file that begins so is of this form."""
    return bool(re.match(r"\s*(?:\{1:|:20:|ABNANL|0000 )", head)) or "\n:20:" in head.replace("\r", "\n")


def events(file: BinaryIO) -> Iterator[Event]:
    """What the file says. Raises Invalid for what is no MT940 or is cut off."""
    data = file.read(MOST + 1)
    if len(data) > MOST:
        raise unreadable(say("The file is too large for an MT940; a camt.053 of the same entries can be read."))
    text = _decoded(data).replace("\r\n", "\n").replace("\r", "\n")
    starts = [found.start() for found in _MESSAGE.finditer(text)]
    if not starts:
        raise unreadable(say("There is no statement in this file: none of its lines begins with :20:."))
    pending: Opened | None = None
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        body = _BLOCK.sub("", text[start:end])
        head, entries, closing, last = _message(body)
        if pending is None:
            yield head
            pending = head
        yield from entries
        if last:
            yield Closed(closing)
            pending = None
    if pending is not None:
        raise unreadable(say("The file is cut off: the last statement has no closing balance (:62F:)."))


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("iso-8859-1")


def _message(body: str) -> tuple[Opened, list[Entry], int, bool]:
    """Head, entries and closing balance of one message; `last` is False where further ones carry the statement on."""
    try:
        # A line break more keeps the library from taking a short text for the name of a file.
        found = Transactions()
        found.parse(body + "\n")
    except Exception as error:
        raise unreadable(say("The file is damaged or no MT940: {reason}.", reason=str(error)[:120])) from error
    data: dict[str, Any] = found.data
    opening = data.get("final_opening_balance") or data.get("intermediate_opening_balance")
    closing = data.get("final_closing_balance") or data.get("intermediate_closing_balance")
    if opening is None or closing is None:
        raise unreadable(say("The file is cut off: a statement lacks its opening or its closing balance."))
    currency = str(opening.amount.currency or "")
    if not is_currency(currency) or closing.amount.currency != currency:
        raise unreadable(
            say(
                "A statement opens in {one} and closes in {other}.",
                one=currency[:10],
                other=str(closing.amount.currency)[:10],
            )
        )
    if body.count("\n:61:") != len(found):
        raise unreadable(
            say(
                "The file is damaged: {number} entries can be read of {all}.",
                number=len(found),
                all=body.count("\n:61:"),
            )
        )
    account = _account(str(data.get("account_identification") or ""))
    number = "/".join(filter(None, (str(data.get(key) or "") for key in ("statement_number", "sequence_number"))))
    head = Opened(
        number or str(data.get("transaction_reference") or ""),
        account,
        currency,
        _minor(opening.amount.amount, currency),
    )
    entries = [_entry(one.data, currency) for one in found]
    return head, entries, _minor(closing.amount.amount, currency), data.get("final_closing_balance") is not None


def _account(text: str) -> str:
    bare = text.strip().split("\n")[0]
    return accounts.iban(bare[:34].split("/")[-1]) or accounts.iban(bare.removesuffix("EUR")) or bare[:60]


def _entry(data: dict[str, Any], currency: str) -> Entry:
    mark = str(data.get("status") or "C").upper()
    amount = _minor(abs(data["amount"].amount), currency)
    details = str(data.get("transaction_details") or "")
    plain = " ".join(details.split())
    value = _day(data["date"])
    booked = _day(data.get("entry_date") or data.get("guessed_entry_date") or data["date"])
    name, account, text = _sides(data, plain)
    reference = str(data.get("end_to_end_reference") or "") or _reference(plain)
    customer = str(data.get("customer_reference") or "").strip()
    if not reference and customer.upper() not in ("NONREF", ""):
        reference = customer
    return Entry(
        booked,
        value,
        -amount if mark in ("D", "RC") else amount,
        name,
        account,
        "" if reference.upper().replace(" ", "") in ("NOTPROVIDED", "NONREF") else reference,
        text,
        str(data.get("bank_reference") or "").strip(),
        mark in ("RC", "RD"),
    )


def _sides(data: dict[str, Any], plain: str) -> tuple[str, str, str]:
    """Name, account and text of :86:, as the codes of German banks or the words between slashes give them."""
    if data.get("applicant_name") or data.get("purpose") or data.get("posting_text"):
        name = str(data.get("applicant_name") or data.get("recipient_name") or "")
        account = str(data.get("gvc_applicant_iban") or data.get("applicant_iban") or "")
        if not account and (found := re.match(r"([A-Z]{2}\d{2}[A-Z0-9]{11,30}?)(?=[A-Z]{2,}|$)", name)):
            account = found[1]
        for length in range(34, 14, -1):  # the field of the account stands in front of the name, without a space
            if known := accounts.iban(name[:length]):
                account, name = known, name[length:]
                break
        text = str(data.get("purpose") or data.get("additional_purpose") or data.get("posting_text") or plain)
        return name.strip(), accounts.iban(account) or account, text
    words = {found["key"]: found["value"].strip() for found in _SLASHED.finditer(plain)}
    if "CNTP" in words:
        account, _bic, name = (*words["CNTP"].split("/"), "", "")[:3]
        words = {"NAME": name, "IBAN": account} | words
    text = words.get("REMI", "").removeprefix("USTD//") or plain
    account = words.get("IBAN", "")
    return words.get("NAME", ""), accounts.iban(account) or account, text


def _reference(plain: str) -> str:
    found = _WORD.search(plain)
    return found["reference"] if found else ""


def _minor(amount: Decimal, currency: str) -> int:
    scaled = amount.scaleb(exponent(currency))
    if scaled != scaled.to_integral_value() or abs(scaled) > LARGEST_MINOR:
        raise unreadable(
            say("{text} is not an amount in {currency} that can be kept.", text=str(amount)[:40], currency=currency)
        )
    return int(scaled)


def _day(on: Any) -> date:
    return date(on.year, on.month, on.day)
