"""What a notice of blocking says, by mail and as a text message."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal
from flask import current_app

from portal.config import Settings
from portal.outside import mail_texts
from portal.rules.money import exponent
from portal.rules.notices import LONGEST_FILLED_SMS, NoticeFacts, NoticeSettings, filled, one_line

LONGEST_SUBJECT = 300
"""Of a filled one: what the outbox takes."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it will be: `paragraphs` are lists of lines, and `portal` is drawn as a button where it is one."""

    subject: str
    paragraphs: tuple[tuple[str, ...], ...]
    portal: str
    sender: str

    def rendered(self) -> tuple[str, str, str]:
        """Subject, text and HTML."""
        return mail_texts.render(
            "blocking",
            subject=self.subject,
            message="\n\n".join("\n".join(lines) for lines in self.paragraphs),
            paragraphs=self.paragraphs,
            portal=self.portal,
            sender=self.sender,
        )


def mail_of(settings: NoticeSettings, facts: NoticeFacts) -> Mail:
    """The mail that tells of a block."""
    values = facts.values
    body = filled(settings.body, values)
    return Mail(
        subject=one_line(settings.subject, values, LONGEST_SUBJECT) or values["company"],
        paragraphs=tuple(tuple(part.split("\n")) for part in body.split("\n\n")),
        portal=values["portal"],
        sender=values["company"],
    )


def sms_of(settings: NoticeSettings, facts: NoticeFacts) -> str:
    """The text message that tells of a block."""
    return one_line(settings.sms, facts.values, LONGEST_FILLED_SMS)


def balance_sentence(minor: int, currency: str, locale: str) -> str:
    """A balance in words, as the partner writes amounts: "120.00 EUR is owed."."""
    if not minor:
        return "Nothing is owed."
    places = exponent(currency)
    pattern = "#,##0." + "0" * places if places else "#,##0"
    amount = format_decimal(Decimal(abs(minor)).scaleb(-places), pattern, locale=_known(locale))
    plain = str(amount).replace("\u202f", " ").replace("\u00a0", " ")  # a phone would need twice as many messages
    return f"{plain} {currency} is {'owed' if minor < 0 else 'in credit'}."


def _known(locale: str) -> str:
    try:
        Locale.parse(locale)
    except (ValueError, UnknownLocaleError):
        return "en_GB"
    return locale


def portal_address() -> str:
    """The address that people use."""
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    return settings.base_url


def sms_ready() -> bool:
    """Whether text messages leave this installation."""
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    return settings.sms_url is not None
