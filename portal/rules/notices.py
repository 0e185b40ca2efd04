"""Notices of blocking: whom they reach, when they go out, and their texts (O3, F9, L11).

A template is plain text with a few placeholders. It is filled by replacing them and by nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

from portal.rules import sms
from portal.rules.errors import Invalid
from portal.rules.outbox import Channel, check_address, day_text, listed

LONGEST_SUBJECT, LONGEST_BODY, LONGEST_SMS = 150, 5_000, 480
"""Of a template, in characters."""

LONGEST_FILLED_SMS = 918
"""Of a filled one: six messages in the alphabet of phones."""

PLACEHOLDERS = MappingProxyType(
    {
        "name": "the customer",
        "reason": "a sentence that says why the customer is blocked",
        "because_of": "whose block it is: the main account that is blocked, or the customer itself",
        "balance": "a sentence with the balance; empty for a sub-account that another customer pays for",
        "portal": "the address of the portal",
        "company": "the partner’s name",
        "contact": "the partner’s contact details",
    }
)
"""What can stand between {{ and }}, with what is put there."""

DEFAULT_SUBJECT = "{{ company }}: {{ name }} is blocked"
DEFAULT_BODY = """\
Hello {{ name }},

{{ reason }}

You can still sign in to the portal, see your account and download documents. \
Ordering, booking and changing services have to wait until the block is lifted.

{{ balance }}

{{ portal }}

Kind regards
{{ company }}
{{ contact }}"""
DEFAULT_SMS = "{{ company }}, {{ name }}: {{ reason }} More in the portal: {{ portal }}"

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class NoticeState(StrEnum):
    """WAITING for its hour; WRITTEN into the outbox; DROPPED; or NOBODY was there to reach."""

    WAITING = "waiting"
    WRITTEN = "written"
    DROPPED = "dropped"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """What a partner's blocked customers are told, and when. `hour` is of the day in the partner's time zone."""

    on: bool = False
    sub_accounts: bool = True
    by_email: bool = True
    by_sms: bool = False
    hour: int = 9
    subject: str = DEFAULT_SUBJECT
    body: str = DEFAULT_BODY
    sms: str = DEFAULT_SMS

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that are chosen, email first."""
        return tuple(one for one, wanted in ((Channel.EMAIL, self.by_email), (Channel.SMS, self.by_sms)) if wanted)


def checked(wanted: NoticeSettings, *, sms_ready: bool) -> NoticeSettings:
    """The settings as they are stored. Raises Invalid for everything that is wrong at once."""
    problems: dict[str, str] = {}
    texts = {
        "subject": " ".join(cleaned(wanted.subject).split()),
        "body": cleaned(wanted.body),
        "sms": cleaned(wanted.sms),
    }
    for name, longest in (("subject", LONGEST_SUBJECT), ("body", LONGEST_BODY), ("sms", LONGEST_SMS)):
        problem = template_problem(texts[name], longest)
        if problem:
            problems[name] = problem
    if not 0 <= wanted.hour <= 23:
        problems["hour"] = "Choose an hour from the list."
    if wanted.on and not wanted.channels:
        problems["by_email"] = "Choose at least one channel, or switch the notices off."
    elif wanted.on and wanted.channels == (Channel.SMS,) and not sms_ready:
        problems["by_sms"] = (
            "SMS is not configured here, so with SMS alone nobody would be told anything. Choose email as well, or "
            "have PORTAL_SMS_URL set first."
        )
    if problems:
        raise Invalid(problems)
    return NoticeSettings(wanted.on, wanted.sub_accounts, wanted.by_email, wanted.by_sms, wanted.hour, **texts)


def cleaned(text: str) -> str:
    """A text without what cannot be shown, its lines without spaces at their ends."""
    text = _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\t", " "))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def template_problem(text: str, longest: int) -> str:
    """What is wrong with a template, as a sentence; "" when it can be used."""
    if not text:
        return "Write a text."
    if len(text) > longest:
        return f"This has {len(text):,} characters. Use at most {longest:,}."
    unknown = [name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]
    if unknown:
        named = listed([f"{{{{ {name[:40]} }}}}" for name in dict.fromkeys(unknown)][:5])
        there = listed([f"{{{{ {name} }}}}" for name in PLACEHOLDERS])
        word = "placeholder" if len(set(unknown)) == 1 else "placeholders"
        return f"There is no {word} {named}. There are {there}."
    rest = _PLACEHOLDER.sub("", text)
    if "{{" in rest or "}}" in rest:
        return "A placeholder is not complete. It begins with {{ and ends with }}, as in {{ name }}."
    return ""


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What a notice tells of one customer. `because_of` is the main account it follows, "" for a block of its own.

    `balance` is a sentence, "" where the customer does not pay for itself; `overdue` says that it owes too much.
    """

    name: str
    company: str
    contact: str
    portal: str
    because_of: str = ""
    overdue: bool = False
    balance: str = ""

    @property
    def reason(self) -> str:
        """Why the customer is blocked, in a sentence."""
        if self.because_of:
            return f"Your account is blocked because {self.because_of}, which is billed for it, is blocked."
        if self.overdue:
            return "Your account is blocked because payments are overdue."
        return "Your account has been blocked."

    @property
    def values(self) -> dict[str, str]:
        """What is put for each placeholder."""
        texts = {
            "name": self.name,
            "reason": self.reason,
            "because_of": self.because_of or self.name,
            "balance": self.balance,
            "portal": self.portal,
            "company": self.company,
            "contact": ", ".join(line.strip() for line in self.contact.split("\n") if line.strip()),
        }
        return {name: " ".join(_UNPRINTABLE.sub(" ", text).split()) for name, text in texts.items()}


def filled(template: str, values: Mapping[str, str]) -> str:
    """A template with its placeholders replaced. A line that nothing is left of goes, and so does a paragraph."""
    lines = []
    for line in template.split("\n"):
        text = _PLACEHOLDER.sub(lambda found: values[found[1]], line)
        if text.strip() or not _PLACEHOLDER.search(line):
            lines.append(text.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def one_line(template: str, values: Mapping[str, str], longest: int) -> str:
    """A template as a single line that is not too long, for a subject or a text message."""
    text = " ".join(filled(template, values).split())
    return text if len(text) <= longest else text[: longest - 3].rstrip() + "..."


def due_at(now: datetime, hour: int, time_zone: str) -> datetime:
    """The next time that it is `hour` o'clock in a time zone, in UTC; `now` itself on the stroke of it.

    An hour that a change of the clocks leaves out counts from the moment of the change, one that comes twice the
    first time.
    """
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    for day in (today, today + timedelta(days=1)):
        at = datetime(day.year, day.month, day.day, hour, tzinfo=zone).astimezone(UTC)
        if at >= now:
            return at
    raise AssertionError("unreachable: tomorrow's hour is ahead")


def day_and_hour(at: datetime, now: datetime, time_zone: str) -> str:
    """ "today at 18:00", "tomorrow at 09:00" or "on 22 Nov 2026, 09:00"."""
    zone = ZoneInfo(time_zone)
    local = at.astimezone(zone)
    days = (local.date() - now.astimezone(zone).date()).days
    if days in (0, 1):
        return f"{('today', 'tomorrow')[days]} at {local:%H:%M}"
    return f"on {day_text(at, time_zone)}"


@dataclass(frozen=True, slots=True)
class Reach:
    """How a customer can be reached: its addresses on file and its phone number, as they were entered."""

    email: str
    billing_email: str
    phone: str

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses mail can be sent to: the contact's and the bookkeeper's."""
        found = {address.lower(): address for address in (self.email, self.billing_email) if _takes_mail(address)}
        return tuple(found.values())

    @property
    def number(self) -> str | None:
        """The phone number as gateways take it."""
        return sms.number(self.phone)

    def by(self, channels: Iterable[Channel]) -> tuple[Channel, ...]:
        """Those of `channels` that lead to this customer."""
        there = {Channel.EMAIL: bool(self.addresses), Channel.SMS: self.number is not None}
        return tuple(channel for channel in channels if there[channel])

    def missing(self, channels: Iterable[Channel]) -> str:
        """What is not on file, in sentences; "" when nothing is missing."""
        found = []
        if Channel.EMAIL in channels and not self.addresses:
            found.append("No email address is on file.")
        if Channel.SMS in channels and self.number is None:
            found.append(
                "The phone number on file has no country code, such as +44."
                if self.phone
                else "No phone number is on file."
            )
        return " ".join(found)


def _takes_mail(address: str) -> bool:
    try:
        check_address("to", address)
    except Invalid:
        return False
    return True


WORDS = MappingProxyType({Channel.EMAIL: "email", Channel.SMS: "SMS"})


def by_words(channels: Sequence[Channel]) -> str:
    """ "by email and SMS"."""
    return f"by {listed([WORDS[channel] for channel in channels])}"


def forecast(
    settings: NoticeSettings, company: str, own: Mapping[str, Reach], followers: Sequence[Reach], when: str
) -> list[str]:
    """Who will be told of a block, how and `when`, in sentences (O6).

    `own` are customers by name that are told for themselves, `followers` sub-accounts that follow their main account.
    """
    if not own and not followers:
        return []
    if not settings.on:
        return [f"Nobody is told of it: notices of blocking are off at {company}."]
    told = []
    for name, reach in own.items():
        channels = reach.by(settings.channels)
        missing = reach.missing(settings.channels)
        if channels:
            told.append(f"{name} will be told {by_words(channels)} {when}.{f' {missing}' if missing else ''}")
        else:
            told.append(f"{name} cannot be told: {missing[:1].lower()}{missing[1:]}")
    if followers and not settings.sub_accounts:
        told.append(f"{_subs(len(followers))} will not be told: notices do not go to sub-accounts that follow.")
    elif followers:
        counts = Counter(reach.by(settings.channels) for reach in followers)
        for channels in sorted(counts, key=lambda found: (not found, found)):
            if channels:
                told.append(f"{_subs(counts[channels])} will be told {by_words(channels)} {when}.")
            else:
                told.append(f"{_subs(counts[channels])} cannot be told: nothing on file leads to them.")
    return told


def _subs(count: int) -> str:
    return "1 sub-account" if count == 1 else f"{count:,} sub-accounts"
