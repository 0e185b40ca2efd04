"""Linking and unlinking partner accounts from either profile: always a preview before the deed (P1 to P6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions.access import Profile
from portal.actions.customers import search as customer_search
from portal.actions.customers.profile import Head
from portal.actions.links import partner_accounts as actions
from portal.actions.links.partner_accounts import SharingAnswer, SharingPreview
from portal.rules.errors import Conflict, Invalid, Missing, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.customers.status import status_view
from portal.web.forms import sent_key, sent_mark
from portal.web.frame import wants_fragment
from portal.web.guard import actor, may, needs, shows_finances, subject
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.profile import candidates
from portal.web.staff.profile.candidates import Wording
from portal.web.staff.profile.head import Menu, MenuItem, at, frame, tab
from portal.web.telling import tell_done


def _menu(head: Head) -> list[MenuItem]:
    """P1, P4. An aggregated sub-account cannot share balances, so that is not offered (P6)."""
    profile, here = head.profile, head.profile.public_id
    if not may(Permission.PARTNER_ACCOUNTS_LINK):
        return []
    if profile.mate_id is not None:
        mate = say("Shares balances with {name}", name=profile.mate_name or "")
        return [MenuItem(say("Unlink Partner Account"), "unlink", at("unlink_partner", here), mate, danger=True)]
    if profile.aggregated:
        return []
    text = say("{name} and another share balances", name=profile.name)
    return [MenuItem(say("Link Partner Account"), "link", at("link_partner", here), text)]


MENU = Menu(1, 20, _menu)


@bp.get("/<public_id:subject>/partner-account/link")
@needs(Permission.PARTNER_ACCOUNTS_LINK)
def link_partner() -> ResponseReturnValue:
    """Choose the other profile and which of the two is the primary account, and see what will move (P1, P2)."""
    if not request.args.get("other"):
        return _search_mate()
    if wants_fragment():
        return render_block("staff/customers/partner_link.html", "plan", **frame("details"), **_link_values())
    return tab("details", "partner_link", **_link_values())


@bp.post("/<public_id:subject>/partner-account/link")
@needs(Permission.PARTNER_ACCOUNTS_LINK)
def link_partner_now() -> ResponseReturnValue:
    """Let the two share balances as the preview showed."""
    primary, secondary = _pair(_wanted() or "here")

    def deed() -> SharingAnswer:
        return actions.link(actor(), primary, secondary, mark=sent_mark(), once=sent_key())

    def again(code: int, **more: Any) -> ResponseReturnValue:
        return tab("details", "partner_link", code=code, **_link_values(**more))

    return _carry_out(deed, again)


def _search_mate() -> ResponseReturnValue:
    here, partner = subject().public_id, subject().partner_name
    wording = Wording(
        title=say("Link Partner Account"),
        label=say("Other profile"),
        search_url=at("link_partner", here),
        back_url=at("details", here),
        nobody=say("Only customers of {partner} can share balances with {name}.", partner=partner, name=subject().name),
    )
    return candidates.search(
        "details",
        "partner_search",
        wording,
        lambda text: customer_search.find_mate(actor(), subject(), text),
        lambda one: candidates.choose(one, at("link_partner", here, other=one.customer.public_id)),
    )


def _wanted() -> str:
    """Which of the two is to be the primary account: "here", "other", or "" where nothing is chosen yet."""
    wanted = request.values.get("primary", "")
    if wanted not in ("", "here", "other"):
        raise Invalid({"primary": say("The primary account is either this profile or the other one.")})
    return wanted


def _pair(wanted: str) -> tuple[str, str]:
    """The public ids of the primary and the secondary account."""
    other, here = request.values.get("other", ""), subject().public_id
    if not other:
        raise Missing()
    return (other, here) if wanted == "other" else (here, other)


def _proposed() -> tuple[str, SharingPreview]:
    """The choice of the primary account and its preview. Until one is chosen, whichever is possible."""
    chosen = _wanted()
    preview = actions.preview_link(actor(), *_pair(chosen or "here"))
    if not chosen and preview.reasons:
        turned = actions.preview_link(actor(), *_pair("other"))
        if not turned.reasons:
            return "other", turned
    return chosen or "here", preview


def _link_values(*, conflict: Sentence = NOTHING, unseen: bool = False) -> dict[str, Any]:
    wanted, preview = _proposed()
    other = preview.primary if wanted == "other" else preview.secondary
    here = subject().public_id
    return {
        **_preview_values(preview),
        "primary": wanted,
        "other": other,
        "other_status": _status(other),
        "choices": [("here", *_meaning(subject(), other)), ("other", *_meaning(other, subject()))],
        "conflict": conflict,
        "unseen": unseen,
        "check_url": at("link_partner", here),
        "back_url": at("link_partner", here),
    }


def _status(profile: Profile) -> object:
    return status_view(profile.status, profile.main_name or "", profile.blocked_cause)


def _meaning(primary: Profile, secondary: Profile) -> tuple[str, Sentence]:
    """A choice of the primary account, and what it means for the two."""
    text = say(
        "{primary} holds the balances and pays for both. What {secondary} holds moves over.",
        primary=primary.name,
        secondary=secondary.name,
    )
    return primary.name, text


@bp.route("/<public_id:subject>/partner-account/unlink", methods=["GET", "POST"])
@needs(Permission.PARTNER_ACCOUNTS_LINK)
def unlink_partner() -> ResponseReturnValue:
    """End the sharing of balances, from either profile (P4)."""
    if request.method == "GET":
        if subject().mate_id is None:
            raise Missing(say("{name} has no partner account, so there is no link to end.", name=subject().name))
        return tab("details", "partner_unlink", **_unlink_values())

    def deed() -> SharingAnswer:
        return actions.unlink(actor(), subject().public_id, mark=sent_mark(), once=sent_key())

    def again(code: int, **more: Any) -> ResponseReturnValue:
        return tab("details", "partner_unlink", code=code, **_unlink_values(**more))

    return _carry_out(deed, again)


def _unlink_values(*, conflict: Sentence = NOTHING, unseen: bool = False) -> dict[str, Any]:
    preview = actions.preview_unlink(actor(), subject().public_id)
    return {
        **_preview_values(preview),
        "conflict": conflict,
        "unseen": unseen,
    }


def _preview_values(preview: SharingPreview) -> dict[str, Any]:
    for one in (preview.primary, preview.secondary):
        shows_finances(one)
    return {
        "preview": preview,
        "reasons": linked(preview.reasons),
        "headline": preview.refused,
        "changes": [(change.what, change.before, change.after) for change in preview.changes],
    }


def _carry_out(deed: Callable[[], SharingAnswer], again: Callable[..., ResponseReturnValue]) -> ResponseReturnValue:
    """Do it if its preview was seen; otherwise, and when it cannot be done, show the page again with fresh figures."""
    if not sent_mark():
        return again(422, unseen=True)
    try:
        done = deed()
    except Refused:
        return again(409)
    except Conflict as error:
        return again(409, conflict=error.sentence)
    tell_done(done.sentence, done.then)
    return redirect(at("details", subject().public_id), 303)
