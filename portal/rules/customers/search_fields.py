"""What the customer search looks at, for each administrator (O1)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class SearchField(StrEnum):
    """A field that the customer search can look at."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    LOGIN = "login"
    NUMBER = "number"
    ADDRESS = "address"
    MAIN_ACCOUNT = "main_account"

    @property
    def label(self) -> str:
        return _WORDS[self.value][0]

    @property
    def text(self) -> str:
        """What looking at it finds, in a sentence."""
        return _WORDS[self.value][1]

    @property
    def plural(self) -> str:
        """How a list of what is looked at names it."""
        return _WORDS[self.value][2]


_WORDS = {
    "name": ("Name", "The customer’s name.", "names"),
    "email": ("Email address", "The email address and the billing email address on file.", "email addresses"),
    "phone": ("Phone", "The phone number, however it is spaced.", "phone numbers"),
    "login": ("Login", "The address with which somebody signs in for the customer.", "logins"),
    "number": ("Customer number", "The number from your other systems, and the one that the portal gave.", "numbers"),
    "address": ("Address", "Street, town and country.", "addresses"),
    "main_account": (
        "Main account",
        "Finds sub-accounts by the name and the number of their main account, too.",
        "main accounts",
    ),
}

USUAL = frozenset(SearchField) - {SearchField.MAIN_ACCOUNT}
"""What is looked at until an administrator chooses otherwise."""


def told(fields: Iterable[SearchField]) -> str:
    """ "names, phone numbers and logins", in the order of the fields."""
    wanted = frozenset(fields)
    words = [field.plural for field in SearchField if field in wanted]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
