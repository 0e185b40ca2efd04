"""Mail that comes in for tickets: whose answer it is, what answers by itself, and what of it is a quote (M4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from portal.rules.sentences import Sentence, say

TOKEN = re.compile(r"[a-z2-7]{16}")
_TAG = re.compile(r"\[#([a-z2-7]{16})\]", re.IGNORECASE)


class Outcome(StrEnum):
    """What became of a mail: an answer, a new ticket, kept for staff on a ticket or without one, or left alone."""

    ANSWERED = "answered"
    OPENED = "opened"
    HELD = "held"
    UNKNOWN = "unknown"
    IGNORED = "ignored"

    @property
    def label(self) -> Sentence:
        return _LABELS[self]


_LABELS = MappingProxyType(
    {
        Outcome.ANSWERED: say("Added to its ticket"),
        Outcome.OPENED: say("Began a ticket"),
        Outcome.HELD: say("Kept on its ticket, for staff alone"),
        Outcome.UNKNOWN: say("From nobody who is known"),
        Outcome.IGNORED: say("Answered by itself, left alone"),
    }
)

BY_ITSELF = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_MACHINES = re.compile(r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)([+-].*)?@", re.IGNORECASE)
_SUBJECTS = re.compile(
    r"\s*(automatic reply|auto(matic)?[ -]?response|auto:|out of (the )?office|autosvar|automatische antwort|"
    r"abwesenheits|automatická odpověď|réponse automatique|respuesta automática|risposta automatica|"
    r"undeliver|delivery (status|failure)|mail delivery failed|returned mail)",
    re.IGNORECASE,
)


def automatic(headers: Mapping[str, str], sender: str, subject: str, content_type: str) -> Sentence | None:
    """Why a mail was written by a machine (RFC 3834, bounces, lists); None for one that a person wrote.

    `headers` are by their names in small letters.
    """
    submitted = headers.get("auto-submitted", "no").partition(";")[0].strip().lower()
    if submitted not in ("no", ""):
        return say("It says of itself that it was sent automatically ({value}).", value=submitted[:40])
    precedence = headers.get("precedence", "").strip().lower()
    if precedence in BY_ITSELF:
        return say("It says of itself that it was sent automatically ({value}).", value=precedence[:40])
    if any(name in headers for name in ("x-autoreply", "x-autorespond", "x-auto-reply", "x-failed-recipients")):
        return say("It says of itself that it was sent automatically ({value}).", value="X-Autoreply")
    if content_type == "multipart/report" or headers.get("return-path", "x").strip() in ("<>", ""):
        return say("It is a report about a mail that could not be delivered.")
    if "list-id" in headers:
        return say("It comes from a mailing list.")
    if not sender or _MACHINES.match(sender):
        return say("It comes from an address that no person answers from ({sender}).", sender=sender or "<>")
    if _SUBJECTS.match(subject):
        return say("Its subject is that of an automatic answer.")
    return None


def token_in(addresses: Iterable[str], subject: str) -> str | None:
    """The token of a ticket in what a mail was sent to (`tickets+token@…`), or in its subject."""
    for address in addresses:
        tail = address.partition("@")[0].rpartition("+")[2].lower()
        if TOKEN.fullmatch(tail):
            return tail
    found = _TAG.search(subject)
    return found[1].lower() if found else None


def tagged(subject: str, token: str) -> str:
    """The subject of a mail about a ticket, by which an answer finds it again."""
    return f"{subject} [#{token}]"


def plain_subject(subject: str) -> str:
    """A subject without "Re:", without our tag."""
    bare = _TAG.sub("", subject)
    return re.sub(r"^(\s*(re|aw|fwd?|wg|odp|sv|vs|ré|r)(\[\d+\])?\s*:)+", "", bare, flags=re.IGNORECASE).strip()


def reply_address(address: str, token: str) -> str:
    """Where an answer to a ticket is sent, of the address that all answers go to."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{token}@{domain}"


# Quotes ---------------------------------------------------------------------------------------------------------------

_WROTE = re.compile(
    r"^(on\b.{4,200}\bwrote|am\b.{4,200}\bschrieb.{0,80}|le\b.{4,200}\ba écrit|dne\b.{4,200}\bnapsal.{0,80}|"
    r"el\b.{4,200}\bescribió|il\b.{4,200}\bha scritto|op\b.{4,200}\bschreef.{0,80}|.{2,120}<[^<>\s]+@[^<>\s]+> *"
    r"(wrote|schrieb|napsal.{0,6}))\s*:\s*$",
    re.IGNORECASE,
)
_LINE = re.compile(
    r"^(-{2,}\s*(original message|ursprüngliche nachricht|původní zpráva|message d'origine|forwarded message)\s*-{2,}|"
    r"_{20,}|-- ?)$",
    re.IGNORECASE,
)
_HEAD = re.compile(r"^\*?(from|von|od|de)\s*:\*?\s.*@", re.IGNORECASE)
_NEXT = re.compile(
    r"^\*?(sent|gesendet|datum|date|odesláno|envoyé|to|an|komu|subject|betreff|předmět)\s*:", re.IGNORECASE
)


def parted(text: str) -> tuple[str, str]:
    """What somebody wrote, and what of the mail is a quote or a signature below it; for showing, all of it is kept.

    Where everything seems quoted, nothing is: somebody may have written between the lines.
    """
    lines = text.split("\n")
    end = next((at for at in range(len(lines)) if _begins(lines, at)), len(lines))
    said, rest = "\n".join(lines[:end]).strip(), "\n".join(lines[end:]).strip()
    if not said:
        return text.strip(), ""
    kept, quoted = _trailing(said)
    if quoted and kept:
        return kept, "\n".join(filter(None, (quoted, rest)))
    return said, rest


def _begins(lines: list[str], at: int) -> bool:
    line = lines[at].strip()
    if _LINE.match(line) or _WROTE.match(line):
        return True
    if at + 1 < len(lines) and _WROTE.match(f"{line} {lines[at + 1].strip()}") and not _WROTE.match(lines[at + 1]):
        return True
    return bool(_HEAD.match(line)) and any(_NEXT.match(one.strip()) for one in lines[at + 1 : at + 4])


def _trailing(text: str) -> tuple[str, str]:
    """Lines with ">" at the end of a text."""
    lines = text.split("\n")
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    quoted = "\n".join(lines[end:]).strip()
    return ("\n".join(lines[:end]).strip(), quoted) if quoted else (text, "")
