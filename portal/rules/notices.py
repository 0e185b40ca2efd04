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
from portal.rules.outbox import Channel, check_address
from portal.rules.sentences import NOTHING, Pen, Sentence, say, together, write
from portal.rules.texts import email_key

LONGEST_SUBJECT, LONGEST_BODY, LONGEST_SMS = 150, 5_000, 480
"""Of a template, in characters."""

LONGEST_FILLED_SMS = 918
"""Of a filled one: six messages in the alphabet of phones."""

PLACEHOLDERS = MappingProxyType(
    {
        "name": say("the customer"),
        "reason": say("a sentence that says why the customer is blocked"),
        "because_of": say("whose block it is: the main account that is blocked, or the customer itself"),
        "balance": say("a sentence with the balance; empty for a sub-account that another customer pays for"),
        "portal": say("the address of the portal"),
        "company": say("the partner’s name"),
        "contact": say("the partner’s contact details"),
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
    problems: dict[str, Sentence] = {}
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
        problems["hour"] = say("Choose an hour from the list.")
    if wanted.on and not wanted.channels:
        problems["by_email"] = say("Choose at least one channel, or switch the notices off.")
    elif wanted.on and wanted.channels == (Channel.SMS,) and not sms_ready:
        problems["by_sms"] = say(
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


def template_problem(text: str, longest: int) -> Sentence:
    """What is wrong with a template; NOTHING when it can be used."""
    if not text:
        return say("Write a text.")
    if len(text) > longest:
        return say("This has {characters} characters. Use at most {longest}.", characters=len(text), longest=longest)
    unknown = [name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]
    if unknown:
        return _no_placeholder(list(dict.fromkeys(unknown)))
    rest = _PLACEHOLDER.sub("", text)
    if "{{" in rest or "}}" in rest:
        return say(
            "A placeholder is not complete. It begins with {begin} and ends with {end}, as in {example}.",
            begin="{{",
            end="}}",
            example="{{ name }}",
        )
    return NOTHING


def _no_placeholder(unknown: Sequence[str]) -> Sentence:
    return say(
        "There is no placeholder {named}. There are {known}.",
        "There is no placeholders {named}. There are {known}.",
        count=len(unknown),
        named=tuple(f"{{{{ {name[:40]} }}}}" for name in unknown[:5]),
        known=tuple(f"{{{{ {name} }}}}" for name in PLACEHOLDERS),
    )


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What a notice tells of one customer. `because_of` is the main account it follows, "" for a block of its own.

    `balance` is nothing where the customer does not pay for itself; `overdue` says that it owes too much.
    """

    name: str
    company: str
    contact: str
    portal: str
    because_of: str = ""
    overdue: bool = False
    balance: Sentence = NOTHING

    @property
    def reason(self) -> Sentence:
        """Why the customer is blocked, in a sentence."""
        if self.because_of:
            return say(
                "Your account is blocked because {main}, which is billed for it, is blocked.", main=self.because_of
            )
        if self.overdue:
            return say("Your account is blocked because payments are overdue.")
        return say("Your account has been blocked.")

    def values(self, pen: Pen) -> dict[str, str]:
        """What is put for each placeholder, for the customer whose pen this is."""
        texts = {
            "name": self.name,
            "reason": write(self.reason, pen),
            "because_of": self.because_of or self.name,
            "balance": write(self.balance, pen),
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


def day_and_hour(at: datetime, now: datetime, time_zone: str) -> Sentence:
    """ "today at 18:00", "tomorrow at 09:00", or on which day otherwise."""
    zone = ZoneInfo(time_zone)
    local = at.astimezone(zone)
    days = (local.date() - now.astimezone(zone).date()).days
    if days == 0:
        return say("today at {time}", time=f"{local:%H:%M}")
    return say("tomorrow at {time}", time=f"{local:%H:%M}") if days == 1 else say("on {at}", at=local)


class Gap(StrEnum):
    """What is not on file."""

    EMAIL = "email"
    PHONE = "phone"
    COUNTRY_CODE = "country code"

    @property
    def sentence(self) -> Sentence:
        """It, by itself."""
        return _GAPS[self]

    def against(self, name: str) -> Sentence:
        """It, as the reason why somebody cannot be told."""
        if self is Gap.EMAIL:
            return say("{name} cannot be told: no email address is on file.", name=name)
        if self is Gap.PHONE:
            return say("{name} cannot be told: no phone number is on file.", name=name)
        return say("{name} cannot be told: the phone number on file has no country code, such as +44.", name=name)


_GAPS = MappingProxyType(
    {
        Gap.EMAIL: say("No email address is on file."),
        Gap.PHONE: say("No phone number is on file."),
        Gap.COUNTRY_CODE: say("The phone number on file has no country code, such as +44."),
    }
)


@dataclass(frozen=True, slots=True)
class Reach:
    """How a customer can be reached: its addresses on file and its phone number, as they were entered."""

    email: str
    billing_email: str
    phone: str

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses mail can be sent to: the contact's and the bookkeeper's."""
        found = {email_key(address): address for address in (self.email, self.billing_email) if _takes_mail(address)}
        return tuple(found.values())

    @property
    def number(self) -> str | None:
        """The phone number as gateways take it."""
        return sms.number(self.phone)

    def by(self, channels: Iterable[Channel]) -> tuple[Channel, ...]:
        """Those of `channels` that lead to this customer."""
        there = {Channel.EMAIL: bool(self.addresses), Channel.SMS: self.number is not None}
        return tuple(channel for channel in channels if there[channel])

    def missing(self, channels: Iterable[Channel]) -> tuple[Gap, ...]:
        """What is not on file for these channels."""
        gaps = []
        if Channel.EMAIL in channels and not self.addresses:
            gaps.append(Gap.EMAIL)
        if Channel.SMS in channels and self.number is None:
            gaps.append(Gap.COUNTRY_CODE if self.phone else Gap.PHONE)
        return tuple(gaps)


def _takes_mail(address: str) -> bool:
    try:
        check_address("to", address)
    except Invalid:
        return False
    return True


WORDS = MappingProxyType({Channel.EMAIL: say("email"), Channel.SMS: say("SMS")})


def by_words(channels: Sequence[Channel]) -> Sentence:
    """ "by email and SMS"."""
    return say("by {channels}", channels=tuple(WORDS[channel] for channel in channels))


def forecast(
    settings: NoticeSettings, company: str, own: Mapping[str, Reach], followers: Sequence[Reach], when: Sentence
) -> list[Sentence]:
    """Who will be told of a block, how and `when`, in sentences (O6).

    `own` are customers by name that are told for themselves, `followers` sub-accounts that follow their main account.
    """
    if not own and not followers:
        return []
    if not settings.on:
        return [say("Nobody is told of it: notices of blocking are off at {company}.", company=company)]
    own_told = [_forecast_own(settings, name, reach, when) for name, reach in own.items()]
    return own_told + _forecast_followers(settings, followers, when)


def _forecast_own(settings: NoticeSettings, name: str, reach: Reach, when: Sentence) -> Sentence:
    channels, gaps = reach.by(settings.channels), reach.missing(settings.channels)
    if channels:
        told = say("{name} will be told {by} {when}.", name=name, by=by_words(channels), when=when)
        return together(told, *(gap.sentence for gap in gaps))
    first, *others = gaps
    return together(first.against(name), *(gap.sentence for gap in others))


def _forecast_followers(settings: NoticeSettings, followers: Sequence[Reach], when: Sentence) -> list[Sentence]:
    if followers and not settings.sub_accounts:
        return [
            say(
                "{count} sub-account will not be told: notices do not go to sub-accounts that follow.",
                "{count} sub-accounts will not be told: notices do not go to sub-accounts that follow.",
                count=len(followers),
            )
        ]
    counts = Counter(reach.by(settings.channels) for reach in followers)
    least_last = sorted(counts, key=lambda channels: (not channels, channels))
    return [_forecast_reached(channels, counts[channels], when) for channels in least_last]


def _forecast_reached(channels: Sequence[Channel], count: int, when: Sentence) -> Sentence:
    if not channels:
        return say(
            "{count} sub-account cannot be told: nothing on file leads to them.",
            "{count} sub-accounts cannot be told: nothing on file leads to them.",
            count=count,
        )
    return say(
        "{count} sub-account will be told {by} {when}.",
        "{count} sub-accounts will be told {by} {when}.",
        count=count,
        by=by_words(channels),
        when=when,
    )
