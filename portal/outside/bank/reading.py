"""Which form a bank's file has, and what it says (F16)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from portal.outside.bank import camt, mt940, tables
from portal.rules.bank.files import Checked, checked, unreadable
from portal.rules.bank.mappings import Mapped
from portal.rules.sentences import say

_HEAD = 4096


def form_of(file: BinaryIO) -> str:
    """camt.053, mt940 or csv, by the first bytes; the file is wound back."""
    head = file.read(_HEAD)
    file.seek(0)
    bare = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if bare.startswith(b"<"):
        return "camt.053"
    return "mt940" if mt940.looks_like(bare.decode("iso-8859-1")) else "csv"


def read(file: BinaryIO, mapping: Mapped | None = None) -> Iterator[Checked]:
    """The statements of a file that can be wound back, checked that they add up.

    Raises Invalid for what cannot be read, and Refused with the difference for what does not add up (F16): a caller
    that writes what it is given does so in one transaction.
    """
    form = form_of(file)
    if form == "csv":
        if mapping is None:
            raise unreadable(
                say("This is neither a camt.053 nor an MT940. A CSV needs a mapping, which says what its columns are.")
            )
        return checked(tables.events(file, mapping))
    return checked(camt.events(file) if form == "camt.053" else mt940.events(file))
