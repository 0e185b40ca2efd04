"""What a customer was told of its blocks, as its profile shows it."""

from __future__ import annotations

from flask import url_for

from portal.actions import notices
from portal.actions.access import Profile
from portal.actions.notices import Told
from portal.rules.notices import NoticeState
from portal.rules.outbox import WORDS, State, day_text
from portal.rules.permissions import Permission
from portal.web.guard import actor, may

STATES = {
    NoticeState.WAITING: ("Waiting", "note"),
    NoticeState.DROPPED: ("Not sent", ""),
    NoticeState.NOBODY: ("Reached nobody", "bad"),
}
BY_MESSAGES = (
    ({State.SENT, State.PARTLY}, ("Told", "good")),
    ({State.QUEUED, State.SENDING}, ("On its way", "info")),
    ({State.KEPT}, ("Kept here", "info")),
    ({State.FAILED}, ("Failed", "bad")),
)
"""What a notice that became messages is called: the first of these that one of them is in."""


def told_rows(profile: Profile) -> list[dict[str, object]]:
    """The latest notices of blocking, each with what became of it and the messages it was sent by."""
    return [_row(one, profile.time_zone) for one in notices.told(actor(), profile)]


def _row(one: Told, zone: str) -> dict[str, object]:
    label, tone = STATES.get(one.state) or _by_messages(one)
    sent = (("Email", one.mail, one.mail_state), ("SMS", one.sms, one.sms_state))
    reads = may(Permission.OUTBOX_VIEW)
    due = day_text(one.due_at, zone)
    return {
        "title": f"Goes out on {due}" if one.state is NoticeState.WAITING else due,
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


def _by_messages(one: Told) -> tuple[str, str]:
    there = {state for state in (one.mail_state, one.sms_state) if state}
    return next(found for states, found in BY_MESSAGES if states & there)
