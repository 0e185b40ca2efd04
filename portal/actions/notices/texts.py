"""What a notice of blocking says, by mail and as a text message."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from portal.config import Settings
from portal.outside import mail_texts
from portal.rules.notices import LONGEST_FILLED_SMS, NoticeFacts, NoticeSettings, filled, one_line
from portal.rules.sentences import Pen

LONGEST_SUBJECT = 300
"""Of a filled one: what the outbox takes."""

_PLAIN_SPACES = str.maketrans({"\u202f": " ", "\u00a0": " "})


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


def mail_of(settings: NoticeSettings, facts: NoticeFacts, pen: Pen) -> Mail:
    """The mail that tells of a block."""
    values = facts.values(pen)
    body = filled(settings.body, values)
    return Mail(
        subject=one_line(settings.subject, values, LONGEST_SUBJECT) or values["company"],
        paragraphs=tuple(tuple(part.split("\n")) for part in body.split("\n\n")),
        portal=values["portal"],
        sender=values["company"],
    )


def sms_of(settings: NoticeSettings, facts: NoticeFacts, pen: Pen) -> str:
    """The text message that tells of a block.

    The spaces that hold an amount together are plain ones: with others a phone needs twice as many messages.
    """
    values = {name: text.translate(_PLAIN_SPACES) for name, text in facts.values(pen).items()}
    return one_line(settings.sms, values, LONGEST_FILLED_SMS)


def portal_address() -> str:
    """The address that people use."""
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    return settings.base_url


def sms_ready() -> bool:
    """Whether text messages leave this installation."""
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    return settings.sms_url is not None
