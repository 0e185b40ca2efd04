"""The five ways an action can say no.

Actions raise them, `portal.web.errors` turns them into pages, fragments and JSON problems,
and the command line prints the same sentences. Nothing else is raised on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portal.rules.sentences import NOTHING, Sentence, say, together, verbatim


@dataclass(frozen=True, slots=True)
class Reason:
    """One unmet condition: which rule, what is so (with figures), and what to do about it.

    `remedy_page` names the page where the remedy is found, as a key that `web` turns into a link
    (for example ``"customer-finance"``), and `remedy_for` the public id of the customer it concerns.
    """

    rule: str
    message: Sentence
    remedy: Sentence = NOTHING
    remedy_page: str = ""
    remedy_for: str = ""

    @property
    def sentence(self) -> Sentence:
        """The reason in a line: rule, condition, remedy."""
        return together(verbatim(f"[{self.rule}]"), self.message, self.remedy)


class PortalError(Exception):
    """Something the person can be told. `sentences` are complete and in plain words; as a `str` they are English."""

    def __init__(self, *sentences: Sentence) -> None:
        self.sentences: tuple[Sentence, ...] = sentences
        super().__init__(str(self.sentence))

    @property
    def sentence(self) -> Sentence:
        """All that it says, as one."""
        return together(*self.sentences)


class Invalid(PortalError):
    """Fields are wrong. `fields` maps a field's name to its sentences; "" is the form as a whole."""

    def __init__(self, fields: Mapping[str, Sentence | Iterable[Sentence]]) -> None:
        self.fields: dict[str, list[Sentence]] = {
            name: [text] if isinstance(text, Sentence) else list(text) for name, text in fields.items()
        }
        super().__init__(*[text for texts in self.fields.values() for text in texts])


class Refused(PortalError):
    """A rule says no. All unmet conditions are listed at once, and nothing has changed."""

    def __init__(self, reasons: Iterable[Reason], headline: Sentence = NOTHING) -> None:
        self.reasons: tuple[Reason, ...] = tuple(reasons)
        self.headline = headline
        super().__init__(*[reason.sentence for reason in self.reasons])


class Conflict(PortalError):
    """Somebody was faster, or the page shown was out of date."""


class NotAllowed(PortalError):
    """The actor knows of it but may not do this."""


class Missing(PortalError):
    """It does not exist, or the actor may not know that it does."""

    def __init__(self, *sentences: Sentence) -> None:
        super().__init__(*(sentences or (say("There is no such page, or it is not yours to see."),)))


class TooMany(PortalError):
    """Too many tries. `retry_after` is in seconds."""

    def __init__(self, retry_after: int, *sentences: Sentence) -> None:
        self.retry_after = retry_after
        super().__init__(*(sentences or (say("Too many tries. Please wait a little and try again."),)))


class Busy(PortalError):
    """The database is occupied by another writer, or cannot take writes now. Nothing was done."""

    retry_after = 5


class Mismatch(PortalError):
    """An idempotency key came back with a different request."""
