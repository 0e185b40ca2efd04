"""What a customer was told of its blocks, as its profile shows it."""

from __future__ import annotations

from flask import url_for

from portal.actions import notices
from portal.actions.access import Profile
from portal.actions.notices import Told
from portal.outside.pens import pen_for
from portal.rules.notices import NoticeState
from portal.rules.outbox import WORDS, State
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say
from portal.web.figures import locale
from portal.web.guard import actor, may

STATES = {
    NoticeState.WAITING: (say("Waiting"), "note"),
    NoticeState.DROPPED: (say("Not sent"), ""),
    NoticeState.NOBODY: (say("Reached nobody"), "bad"),
}
BY_MESSAGES = (
    ({State.SENT, State.PARTLY}, (say("Told"), "good")),
    ({State.QUEUED, State.SENDING}, (say("On its way"), "info")),
    ({State.KEPT}, (say("Kept here"), "info")),
    ({State.FAILED}, (say("Failed"), "bad")),
)
"""What a notice that became messages is called: the first of these that one of them is in."""


def told_rows(profile: Profile) -> list[dict[str, object]]:
    """The latest notices of blocking, each with what became of it and the messages it was sent by."""
    return [_row(one, profile.time_zone) for one in notices.told(actor(), profile)]


def _row(one: Told, zone: str) -> dict[str, object]:
    label, tone = STATES.get(one.state) or _by_messages(one)
    sent = ((say("Email"), one.mail, one.mail_state), (say("SMS"), one.sms, one.sms_state))
    reads = may(Permission.OUTBOX_VIEW)
    due = pen_for(locale(), zone).moment(one.due_at)
    return {
        "title": say("Goes out on {due}", due=due) if one.state is NoticeState.WAITING else due,
        "label": label,
        "tone": tone,
        "because_of": one.because_of,
        "remark": one.remark,
        "messages": [
            (name, WORDS[state], url_for("staff_outbox.view", message=key) if reads else "")
            for name, key, state in sent
            if key and state
        ],
    }


def _by_messages(one: Told) -> tuple[Sentence, str]:
    there = {state for state in (one.mail_state, one.sms_state) if state}
    return next(found for states, found in BY_MESSAGES if states & there)
