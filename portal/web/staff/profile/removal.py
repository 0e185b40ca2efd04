"""Removing a customer: what still ties it, what would be erased, the confirmation, and that it is done (L12)."""

from __future__ import annotations

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.actions.customers import removal as customer_removal
from portal.actions.customers.profile import Head
from portal.actions.customers.removal import Extent
from portal.rules.errors import Conflict, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.forms import sent_key, sent_mark
from portal.web.guard import actor, may, needs, subject
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import Menu, MenuItem, at, tab


def _menu(head: Head) -> list[MenuItem]:
    if not may(Permission.CUSTOMERS_REMOVE):
        return []
    return [MenuItem(say("Remove customer…"), "remove", at("remove", head.profile.public_id), danger=True)]


MENU = Menu(4, 10, _menu)


@bp.route("/<public_id:subject>/remove", methods=["GET", "POST"])
@needs(Permission.CUSTOMERS_REMOVE)
def remove() -> ResponseReturnValue:
    """Everything that ties the customer, or what goes and a button; afterwards, that it is gone."""
    if request.method == "GET":
        return tab("details", "removed") if subject().removed_at else _page()
    if not sent_mark():
        return _page(code=422)
    typed = request.form.get("confirm", "")[:300]
    if not customer_removal.names(typed, subject()):
        return _page(
            code=422,
            typed=typed,
            wrong=say("Type {number}, or the name as it stands above.", number=subject().reference),
        )
    try:
        customer_removal.remove(actor(), subject().public_id, mark=sent_mark(), once=sent_key())
    except Refused:
        return _page(code=409)
    except Conflict as error:
        return _page(code=409, conflict=error.sentence)
    return redirect(at("remove", subject().public_id), 303)


def _page(
    *, code: int = 200, typed: str = "", wrong: Sentence = NOTHING, conflict: Sentence = NOTHING
) -> ResponseReturnValue:
    preview = customer_removal.preview(actor(), subject().public_id)
    return tab(
        "details",
        "remove",
        code=code,
        preview=preview,
        reasons=linked(preview.reasons),
        headline=preview.refused,
        erased=_erased(preview.extent),
        kept=_kept(preview.extent, preview.pseudonym),
        number=subject().reference,
        typed=typed,
        wrong=wrong,
        has_errors=bool(wrong),
        conflict=conflict,
    )


def _erased(extent: Extent) -> list[Sentence]:
    """What is erased, in sentences with figures."""
    logins = say(
        "{count} login and every open session end. The addresses can be used for new logins.",
        "{count} logins and every open session end. The addresses can be used for new logins.",
        count=extent.logins,
    )
    documents = say(
        "{count} document leave the list, and their files are deleted.",
        "{count} documents leave the list, and their files are deleted.",
        count=extent.documents,
    )
    mails = say(
        "{count} mail lose their text and their addresses. What waits is not sent.",
        "{count} mails lose their text and their addresses. What waits is not sent.",
        count=extent.mails,
    )
    return [
        say("Name, email addresses, phone, address, date of birth and number."),
        logins if extent.logins else say("Nobody signs in for it, so no login ends."),
        documents if extent.documents else say("There are no documents."),
        mails if extent.mails else say("No mail was sent about it."),
        say("Its name in the audit log. Who did what for whom stays, by number."),
    ]


def _kept(extent: Extent, pseudonym: str) -> list[Sentence]:
    """What stays, in sentences with figures."""
    books = say("Nothing stands in the books. The customer is kept as “{name}”.", name=pseudonym)
    if extent.entries:
        books = say(
            "{count} entry and all statements made of them, under “{name}”.",
            "{count} entries and all statements made of them, under “{name}”.",
            count=extent.entries,
            name=pseudonym,
        )
    return [
        books,
        say("What others saved before: documents in their lists stay as they were issued."),
        say("An import that brings the same number makes a new customer."),
    ]
