"""Each setting of a partner by its name: how it is written as text, what is allowed, and what it is called.

What only the outside world knows (time zones, locales, bank codes) is asked of a `World`. A text that is not allowed
is refused with what is, as `NotAllowedHere`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

from portal.rules.amounts import NoAmount, number_text, parse_amount, parse_number
from portal.rules.bookings.states import BookingPayer, ChargeBookings
from portal.rules.customers.status import BillingType
from portal.rules.errors import Invalid
from portal.rules.invoices.due import read_terms
from portal.rules.invoices.lines import RATE_PLACES
from portal.rules.invoices.prices import Prices
from portal.rules.money import format_minor
from portal.rules.partners import SECTIONS, AllocationMode, ReferenceForm, SecondFactor
from portal.rules.sentences import Sentence, say

LONGEST_ADDRESS, LETTERHEAD_LINES = 600, 8
LONGEST_ACCOUNT_NAME, LONGEST_TAX_ID = 70, 40
MOST_GROUPS, OLDEST_AGE = 50, 150
MOST_DAYS, MOST_LEVELS = 365, 9
MOST_MINUTES, MOST_HOURS = 40_320, 672
MOST_MEGABYTES = 99_999
_LEVEL = re.compile(r"(?P<days>\d{1,3})(?::(?P<fee>\d{1,6}(?:\.\d{1,4})?))?", re.ASCII)
_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


class NotAllowedHere(ValueError):
    """A text that a setting cannot have; `sentence` says what it can."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


class World(Protocol):
    """What is known outside of the rules."""

    def time_zone(self, text: str) -> bool:
        """Whether there is a time zone of this name."""

    def locale(self, text: str) -> bool:
        """Whether there is a locale with this code."""

    def iban(self, text: str) -> str | None:
        """An IBAN without spaces, or None for what is none."""

    def bic(self, text: str) -> str | None:
        """A BIC without spaces, or None for what is none."""


Read = Callable[[str, str, World], Any]
"""The value of a text, in a partner's currency. Raises NotAllowedHere."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `label` is what a sentence calls it; `of_groups` ones belong to Features and its permission."""

    name: str
    label: Sentence
    read: Read
    of_groups: bool = False

    def write(self, value: Any, currency: str) -> str | int:
        """The value as `config show` prints it: a number as it is, everything else as the text that is read again."""
        if isinstance(value, bool):
            return "on" if value else "off"
        if self.name == "reminder_minimum":
            return format_minor(value, currency)
        if self.name == "waiting_hold":
            return value or ""
        if isinstance(value, Decimal):
            return number_text(value)
        return value if isinstance(value, int) else str(value)


# How texts are read ---------------------------------------------------------------------------------------------------


def _switch(text: str, _currency: str, _world: World) -> bool:
    words = {"on": True, "off": False, "yes": True, "no": False, "true": True, "false": False}
    if text.lower() not in words:
        raise NotAllowedHere(say("“{text}” is not allowed. Choose on or off.", text=text[:40]))
    return words[text.lower()]


def _one_of(kind: type[StrEnum]) -> Read:
    def read(text: str, _currency: str, _world: World) -> StrEnum:
        try:
            return kind(text.lower())
        except ValueError:
            words = ", ".join(member.value for member in kind)
            raise NotAllowedHere(
                say("“{text}” is not allowed. Choose one of {words}.", text=text[:40], words=words)
            ) from None

    return read


def _whole(least: int, most: int) -> Read:
    def read(text: str, _currency: str, _world: World) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 6 and least <= int(text) <= most):
            raise NotAllowedHere(
                say(
                    "“{text}” is not allowed. Enter a whole number from {least} to {most}.",
                    text=text[:40],
                    least=least,
                    most=most,
                )
            )
        return int(text)

    return read


def _text(longest: int, lines: int = 1) -> Read:
    def read(text: str, _currency: str, _world: World) -> str:
        rows = [" ".join(row.split()) for row in text.replace("\r\n", "\n").replace("\x00", "").split("\n")]
        kept = "\n".join(rows).strip() if lines > 1 else " ".join(rows).strip()
        if len(kept) > longest:
            raise NotAllowedHere(say("Use at most {longest} characters here.", longest=longest))
        if kept.count("\n") >= lines:
            raise NotAllowedHere(say("Use at most {lines} lines here.", lines=lines))
        return kept

    return read


def _time_zone(text: str, _currency: str, world: World) -> str:
    if not world.time_zone(text):
        raise NotAllowedHere(
            say("There is no time zone “{text}”. Use a name such as Europe/Prague or America/New_York.", text=text[:60])
        )
    return text


def _locale(text: str, _currency: str, world: World) -> str:
    if not world.locale(text):
        raise NotAllowedHere(
            say("There is no locale “{text}”. Use language and country, such as en_GB or de_AT.", text=text[:40])
        )
    return text


def tax_rate(text: str, _currency: str = "", _world: World | None = None) -> Decimal:
    """A percentage from 0 to 100 with up to three decimal places. Raises NotAllowedHere."""
    try:
        rate = parse_number(text, RATE_PLACES)
    except NoAmount as error:
        raise NotAllowedHere(error.sentence) from None
    if not 0 <= rate <= 100:
        raise NotAllowedHere(say("“{text}” is not a percentage from 0 to 100.", text=text[:40]))
    return rate


def _terms(text: str, _currency: str, _world: World) -> str:
    try:
        return str(read_terms(text))
    except Invalid as error:
        raise NotAllowedHere(error.sentence) from None


def reminder_levels(text: str, currency: str) -> tuple[tuple[int, int], ...]:
    """Days past due and fee in minor units of each level of "5,20,40:10.00" (F14). Raises NotAllowedHere."""
    found: list[tuple[int, int]] = []
    for part in (one.strip() for one in text.split(",")) if text.strip() else ():
        level = _LEVEL.fullmatch(part)
        if level is None or not 1 <= int(level["days"]) <= MOST_DAYS:
            raise _no_levels(text)
        try:
            fee = parse_amount(level["fee"], currency) if level["fee"] else 0
        except NoAmount as error:
            raise NotAllowedHere(error.sentence) from None
        found.append((int(level["days"]), fee))
    days = [day for day, _fee in found]
    if len(found) > MOST_LEVELS or days != sorted(set(days)):
        raise _no_levels(text)
    return tuple(found)


def _no_levels(text: str) -> NotAllowedHere:
    return NotAllowedHere(
        say(
            "“{text}” are not levels of reminders. Write the days past due in rising order, from 1 to {days} and "
            "at most {most} of them, with a fee after a colon where there is one: 5,20,40:10.00. Empty is none.",
            text=text[:60],
            days=MOST_DAYS,
            most=MOST_LEVELS,
        )
    )


def _reminders(text: str, currency: str, _world: World) -> str:
    levels = reminder_levels(text, currency)
    return ",".join(f"{days}:{format_minor(fee, currency)}" if fee else str(days) for days, fee in levels)


def _amount(text: str, currency: str, _world: World) -> int:
    try:
        minor = parse_amount(text, currency)
    except NoAmount as error:
        raise NotAllowedHere(error.sentence) from None
    if minor < 0:
        raise NotAllowedHere(say("“{text}” is below zero. Enter an amount of zero or more.", text=text[:40]))
    return minor


def _iban(text: str, _currency: str, world: World) -> str:
    found = world.iban(text) if text.strip() else ""
    if found is None:
        raise NotAllowedHere(
            say(
                "“{text}” is not an IBAN: its length or its check digits are wrong. Write it as it stands on a "
                "statement of the bank, such as DE89 3704 0044 0532 0130 00, or leave it empty.",
                text=text[:40],
            )
        )
    return found


def _bic(text: str, _currency: str, world: World) -> str:
    found = world.bic(text) if text.strip() else ""
    if found is None:
        raise NotAllowedHere(
            say(
                "“{text}” is not a BIC. It has 8 or 11 letters and digits, such as GIBACZPX, or leave it empty.",
                text=text[:40],
            )
        )
    return found


def _hours(text: str, currency: str, world: World) -> int:
    return _whole(0, MOST_HOURS)(text, currency, world) if text.strip() else 0


def _schedule(text: str, _currency: str, _world: World) -> str:
    if text.lower() != "off" and not _HOUR.fullmatch(text):
        raise NotAllowedHere(
            say("“{text}” is not allowed. Write off, or the hour of the day such as 06:00.", text=text[:40])
        )
    return text.lower()


# The settings ---------------------------------------------------------------------------------------------------------

_ALL = (
    Setting("time_zone", say("time zone"), _time_zone),
    Setting("locale", say("language and formats"), _locale),
    Setting("address", say("address"), _text(LONGEST_ADDRESS, LETTERHEAD_LINES)),
    Setting("contact", say("contact"), _text(LONGEST_ADDRESS, LONGEST_ADDRESS)),
    Setting("tax_id", say("tax number"), _text(LONGEST_TAX_ID)),
    Setting("prices", say("whether prices contain tax"), _one_of(Prices)),
    Setting("tax_rate", say("tax rate"), tax_rate),
    Setting("terms", say("terms of payment"), _terms),
    Setting("allocation", say("which invoices a payment settles"), _one_of(AllocationMode)),
    Setting("apply_credit", say("use of Customer Credit by customers"), _switch),
    Setting("blocking", say("blocking of overdue customers"), _switch),
    Setting("grace_days", say("days of grace"), _whole(0, MOST_DAYS)),
    Setting("notices", say("notices of blocking"), _switch),
    Setting("reminders", say("levels of reminders"), _reminders),
    Setting("reminder_minimum", say("smallest amount of a reminder"), _amount),
    Setting("account_name", say("account holder"), _text(LONGEST_ACCOUNT_NAME)),
    Setting("iban", say("IBAN"), _iban),
    Setting("bic", say("BIC"), _bic),
    Setting("reference", say("payment reference"), _one_of(ReferenceForm)),
    Setting("default_billing_type", say("billing type of new customers"), _one_of(BillingType)),
    Setting("default_billing_day", say("billing day of new customers"), _whole(1, 31)),
    Setting("billing_schedule", say("hour of the billing run"), _schedule),
    Setting("customers_create_groups", say("customers may create groups"), _switch, of_groups=True),
    Setting("groups_per_customer", say("groups per customer"), _whole(1, MOST_GROUPS), of_groups=True),
    Setting("majority_age", say("majority age"), _whole(1, OLDEST_AGE), of_groups=True),
    Setting("consent_age", say("age of consent"), _whole(1, OLDEST_AGE)),
    Setting("second_factor", say("second factor of customers"), _one_of(SecondFactor)),
    Setting(
        "waiting_cut_off", say("minutes before a session until which places are passed on"), _whole(0, MOST_MINUTES)
    ),
    Setting("waiting_hold", say("hours for which a place is held"), _hours),
    Setting("booking_payer", say("who pays for bookings"), _one_of(BookingPayer)),
    Setting("charge_bookings", say("how bookings are charged"), _one_of(ChargeBookings)),
    Setting("keep_bookings_of_blocked", say("bookings of blocked customers"), _switch),
    Setting("tickets_close_after", say("days until a solved ticket is closed"), _whole(1, MOST_DAYS)),
    Setting("documents_quota", say("megabytes of documents for each customer"), _whole(0, MOST_MEGABYTES)),
    Setting("manages_independent", say("opening of independent sub-accounts"), _switch),
    Setting("independent_orders", say("orders for independent sub-accounts"), _switch),
    *(Setting(name, section.choice, _switch) for name, section in SECTIONS.items()),
)
SETTINGS: Mapping[str, Setting] = MappingProxyType({one.name: one for one in _ALL})
"""Every setting by its name, in the order in which they are shown."""
