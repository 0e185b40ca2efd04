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
        return _page(code=422, typed=typed, wrong=f"Type {subject().reference}, or the name as it stands above.")
    try:
        customer_removal.remove(actor(), subject().public_id, mark=sent_mark(), once=sent_key())
    except Refused:
        return _page(code=409)
    except Conflict as error:
        return _page(code=409, conflict=error.sentence)
    return redirect(at("remove", subject().public_id), 303)


def _page(*, code: int = 200, typed: str = "", wrong: str = "", conflict: Sentence = NOTHING) -> ResponseReturnValue:
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


def _erased(extent: Extent) -> list[str]:
    """What is erased, in sentences with figures."""
    logins = f"{_many(extent.logins, 'login')} and every open session end. The addresses can be used for new logins."
    documents = f"{_many(extent.documents, 'document')} leave the list, and their files are deleted."
    mails = f"{_many(extent.mails, 'mail')} lose their text and their addresses. What waits is not sent."
    return [
        "Name, email addresses, phone, address, date of birth and number.",
        logins if extent.logins else "Nobody signs in for it, so no login ends.",
        documents if extent.documents else "There are no documents.",
        mails if extent.mails else "No mail was sent about it.",
        "Its name in the audit log. Who did what for whom stays, by number.",
    ]


def _kept(extent: Extent, pseudonym: str) -> list[str]:
    """What stays, in sentences with figures."""
    entries = f"{_many(extent.entries, 'entry', 'entries')} and all statements made of them, under “{pseudonym}”."
    return [
        entries if extent.entries else f"Nothing stands in the books. The customer is kept as “{pseudonym}”.",
        "What others saved before: documents in their lists stay as they were issued.",
        "An import that brings the same number makes a new customer.",
    ]


def _many(count: int, one: str, many: str = "") -> str:
    return f"1 {one}" if count == 1 else f"{count:,} {many or one + 's'}"
