"""What the customer search looks at, for each administrator (O1)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from portal.rules.sentences import Sentence, say


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
    def label(self) -> Sentence:
        return _WORDS[self].label

    @property
    def text(self) -> Sentence:
        """What looking at it finds, in a sentence."""
        return _WORDS[self].text

    @property
    def plural(self) -> Sentence:
        """How a list of what is looked at names it."""
        return _WORDS[self].plural


class _Words(NamedTuple):
    label: Sentence
    text: Sentence
    plural: Sentence


_WORDS = MappingProxyType(
    {
        SearchField.NAME: _Words(say("Name"), say("The customer’s name."), say("names")),
        SearchField.EMAIL: _Words(
            say("Email address"),
            say("The email address and the billing email address on file."),
            say("email addresses"),
        ),
        SearchField.PHONE: _Words(say("Phone"), say("The phone number, however it is spaced."), say("phone numbers")),
        SearchField.LOGIN: _Words(
            say("Login"), say("The address with which somebody signs in for the customer."), say("logins")
        ),
        SearchField.NUMBER: _Words(
            say("Customer number"),
            say("The number from your other systems, and the one that the portal gave."),
            say("numbers"),
        ),
        SearchField.ADDRESS: _Words(say("Address"), say("Street, town and country."), say("addresses")),
        SearchField.MAIN_ACCOUNT: _Words(
            say("Main account"),
            say("Finds sub-accounts by the name and the number of their main account, too."),
            say("main accounts"),
        ),
    }
)

USUAL = frozenset(SearchField) - {SearchField.MAIN_ACCOUNT}
"""What is looked at until an administrator chooses otherwise."""


def listed(fields: Iterable[SearchField]) -> Sentence:
    """ "names, phone numbers and logins", in the order of the fields."""
    wanted = frozenset(fields)
    return say("{fields}", fields=tuple(field.plural for field in SearchField if field in wanted))
