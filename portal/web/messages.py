"""The messages that a customer got in the portal, and which kinds it wants; declining news by a link in a mail (O2)."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal.actions.messages import inbox, preferences
from portal.extensions import csrf
from portal.rules.messages.states import MessageKind
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.addresses import address, page
from portal.web.guard import actor, needs, public, subject
from portal.web.places import Place
from portal.web.telling import tell

bp = Blueprint("messages", __name__)

OWN = Place(
    say("Messages"),
    "messages",
    "messages.index",
    Permission.MESSAGES_VIEW,
    56,
    where=lambda standing: standing.has_messages,
)
WHEN_ACTING = Place(say("Messages"), "messages", "messages.index", Permission.MESSAGES_VIEW, 56)


@page(bp, "/messages")
@needs(Permission.MESSAGES_VIEW)
def index() -> ResponseReturnValue:
    """What the customer got, the newest first, and which kinds it wants."""
    found = inbox.latest(actor(), subject())
    values = {"found": found, "unread": sum(one.unread for one in found), "kinds": list(MessageKind)}
    return render_template("messages/index.html", wanted=preferences.wanted(actor(), subject()), **values)


@page(bp, "/messages/<public_id:written>")
@needs(Permission.MESSAGES_VIEW)
def view(written: str) -> ResponseReturnValue:
    """One of them."""
    return render_template("messages/view.html", letter=inbox.one(actor(), subject(), written))


@page(bp, "/messages/<public_id:written>/open", methods=("POST",))
@needs(Permission.MESSAGES_VIEW)
def open_one(written: str) -> ResponseReturnValue:
    """Open one that was not read yet."""
    inbox.mark_read(actor(), subject(), written)
    return redirect(address("messages.view", written=written), 303)


@page(bp, "/messages/wanted", methods=("POST",))
@needs(Permission.MESSAGES_VIEW)
def choose() -> ResponseReturnValue:
    """Choose which kinds the customer gets."""
    wanted = set(request.form.getlist("wanted"))
    for kind in MessageKind:
        if kind.can_be_declined:
            preferences.switch(actor(), subject().public_id, kind, kind.value in wanted)
    tell(say("Saved. What concerns money always arrives."))
    return redirect(address("messages.index"), 303)


@bp.get("/unsubscribe/<token>")
@public
def declining(token: str) -> ResponseReturnValue:
    """Asks whoever followed the link in a mail whether they want no more news. Raises Missing."""
    preferences.look_at(token)
    return render_template("messages/declining.html", token=token)


@bp.post("/unsubscribe/<token>")
@public
def decline(token: str) -> ResponseReturnValue:
    """Decline news, with one click of a person or of a mail program that knows nothing of cookies (RFC 8058)."""
    preferences.unsubscribe(token)
    return render_template("messages/declined.html")


csrf.exempt(decline)
