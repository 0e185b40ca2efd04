"""The five ways an action can say no.

Actions raise them, `portal.web.errors` turns them into pages, fragments and JSON problems,
and the command line prints the same sentences. Nothing else is raised on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One unmet condition: which rule, what is so (with figures), and what to do about it.

    `remedy_page` names the page where the remedy is found, as a key that `web` turns into a link
    (for example ``"customer-finance"``), and `remedy_for` the public id of the customer it concerns.
    """

    rule: str
    message: str
    remedy: str = ""
    remedy_page: str = ""
    remedy_for: str = ""


class PortalError(Exception):
    """Something the person can be told. `sentences` are complete and in plain words."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(" ".join(sentences))
        self.sentences: tuple[str, ...] = sentences


class Invalid(PortalError):
    """Fields are wrong. `fields` maps a field's name to its sentences; "" is the form as a whole."""

    def __init__(self, fields: Mapping[str, str | Iterable[str]]) -> None:
        self.fields: dict[str, list[str]] = {
            name: [text] if isinstance(text, str) else list(text) for name, text in fields.items()
        }
        super().__init__(*[text for texts in self.fields.values() for text in texts])


class Refused(PortalError):
    """A rule says no. All unmet conditions are listed at once, and nothing has changed."""

    def __init__(self, reasons: Iterable[Reason], headline: str = "") -> None:
        self.reasons: tuple[Reason, ...] = tuple(reasons)
        self.headline = headline
        super().__init__(*[f"[{r.rule}] {r.message} {r.remedy}".strip() for r in self.reasons])


class Conflict(PortalError):
    """Somebody was faster, or the page shown was out of date."""


class NotAllowed(PortalError):
    """The actor knows of it but may not do this."""


class Missing(PortalError):
    """It does not exist, or the actor may not know that it does."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(*(sentences or ("There is no such page, or it is not yours to see.",)))


class TooMany(PortalError):
    """Too many tries. `retry_after` is in seconds."""

    def __init__(self, retry_after: int, *sentences: str) -> None:
        self.retry_after = retry_after
        super().__init__(*(sentences or ("Too many tries. Please wait a little and try again.",)))


class Busy(PortalError):
    """The database is occupied by another writer, or cannot take writes now. Nothing was done."""

    retry_after = 5


class Mismatch(PortalError):
    """An idempotency key came back with a different request."""
