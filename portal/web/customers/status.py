"""A customer's status in words: what it is, and why (UX13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from portal.rules.customers.status import EffectiveStatus, Status
from portal.rules.sentences import NOTHING, Sentence, say, verbatim
from portal.web.figures import day_short

TONES = MappingProxyType({Status.NEW: "note", Status.ACTIVE: "good", Status.BLOCKED: "bad", Status.INACTIVE: ""})


@dataclass(frozen=True, slots=True)
class StatusView:
    """What the component for statuses draws: a word, a tone, and a reason that may follow the word."""

    word: Sentence
    tone: str
    because: Sentence = NOTHING


def status_view(
    status: EffectiveStatus, main_name: str = "", cause: str | None = None, changed_at: datetime | None = None
) -> StatusView:
    """ "Blocked because Acme Ltd is blocked", "Blocked by staff on 12 Nov", or just "Active".

    `cause` is an own Blocked's ("by_hand" or "overdue"), `changed_at` when the own status last changed.
    """
    return StatusView(status.status.label, TONES[status.status], _because(status, main_name, cause, changed_at))


def _because(status: EffectiveStatus, main_name: str, cause: str | None, changed_at: datetime | None) -> Sentence:
    if status.imposed:
        return _imposed(status.status, main_name)
    if status.status is not Status.BLOCKED:
        return NOTHING
    since = verbatim(day_short(changed_at))
    if cause == "overdue":
        if changed_at:
            return say("because of unpaid invoices, since {day}", day=since)
        return say("because of unpaid invoices")
    return say("by staff on {day}", day=since) if changed_at else say("by staff")


def _imposed(status: Status, main_name: str) -> Sentence:
    if status is Status.BLOCKED:
        return say("because {main} is blocked", main=main_name)
    return say("because {main} is inactive", main=main_name)
