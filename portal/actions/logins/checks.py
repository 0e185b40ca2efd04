"""What several actions on logins check of the values they are given."""

from __future__ import annotations

from collections.abc import Iterable

from email_validator import EmailNotValidError, validate_email

from portal.db.logins import sign_in_tries
from portal.outside import passwords
from portal.rules import texts
from portal.rules.errors import Invalid
from portal.rules.logins.passwords import weaknesses
from portal.rules.logins.throttle import FREE_FOR_ADDRESS, FREE_REQUESTS
from portal.rules.sentences import say

LONGEST_NAME = 200


def good_password(password: str, about: Iterable[str | None], field: str = "password") -> str:
    """The hash of a password that may be used. Raises Invalid with what is wrong with it (SEC13, SEC14)."""
    known = [text for text in about if text]
    password = texts.password(password)
    wrong = weaknesses(password, about=known, is_common=passwords.is_common)
    if wrong:
        raise Invalid({field: wrong})
    return passwords.hashed(password)


def email_address(text: str) -> str | None:
    """The address in the form somebody signs in with it, or None when it cannot be one."""
    address = contact_address(text)
    return None if address is None else texts.email_key(address)


def contact_address(text: str) -> str | None:
    """The address in the form it is kept on file, or None when it cannot be one. Nobody is asked whether it exists."""
    try:
        found = validate_email(texts.email(text), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return texts.email(found.normalized)


def person_fields(email: str, name: str) -> tuple[str, str]:
    """An address and a name to make a login with. Raises Invalid for both at once."""
    wrong = {}
    address, name = email_address(email), texts.name(name)
    if address is None or len(address) > 254:
        wrong["email"] = say("Enter an email address, such as name@example.org.")
    if not name:
        wrong["name"] = say("Enter the person’s name.")
    elif len(name) > LONGEST_NAME:
        wrong["name"] = say(
            "Use at most {count} character for the name.",
            "Use at most {count} characters for the name.",
            count=LONGEST_NAME,
        )
    if wrong or address is None:
        raise Invalid(wrong)
    return address, name


def count_request(kind: str, email: str, address: str) -> None:
    """Count somebody's request for a mail, by the address it goes to and the one it comes from (SEC17).

    In the running transaction. Raises TooMany after several in a row.
    """
    sign_in_tries.count(
        {
            sign_in_tries.account_key(kind, email): FREE_REQUESTS,
            sign_in_tries.address_key(kind, address): FREE_FOR_ADDRESS,
        }
    )
