"""The Sub-accounts tab, and linking, editing and unlinking sub-accounts: always a preview before the deed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions.customers import search as customer_search
from portal.actions.customers.profile import Head
from portal.actions.links import sub_accounts as actions
from portal.actions.links.listing import SubAccount, SubAccountFilter, list_sub_accounts
from portal.actions.links.listing import export_sub_accounts as all_sub_accounts
from portal.actions.links.sub_accounts import LinkAnswer, LinkPreview
from portal.rules.customers.status import Status
from portal.rules.errors import Conflict, Invalid, Missing, Refused
from portal.rules.links.facts import BillingMode
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, ordinal, say, verbatim
from portal.web.customers.status import status_view
from portal.web.forms import chosen, sent_key, sent_mark
from portal.web.frame import wants_fragment
from portal.web.guard import actor, may, needs, shows_finances, subject
from portal.web.listing import Listing, exported, page_number, whole
from portal.web.places import Remedy, Tab
from portal.web.remedies import linked
from portal.web.staff.customers import STATUSES, bp
from portal.web.staff.profile import candidates
from portal.web.staff.profile.candidates import Wording
from portal.web.staff.profile.head import Menu, MenuItem, at, frame, tab
from portal.web.sub_accounts import COLUMNS, cells
from portal.web.telling import tell, tell_done

TAB = Tab(say("Sub-accounts"), "sub_accounts", Permission.CUSTOMERS_VIEW, 30)
REMEDIES = (
    Remedy(
        "customer-sub-accounts", "staff_customers.sub_accounts", say("Open its sub-accounts"), Permission.CUSTOMERS_VIEW
    ),
)


def _menu(head: Head) -> list[MenuItem]:
    """L2, L10. A sub-account has no sub-accounts and a main account no main account, so those are not offered (L5)."""
    if not may(Permission.SUB_ACCOUNTS_LINK):
        return []
    profile, here = head.profile, head.profile.public_id
    if profile.main_id is not None:
        return [
            MenuItem(
                say("Edit billing mode"),
                "edit",
                at("mode", here),
                say("Sub-account of {main}", main=profile.main_name or ""),
            ),
            MenuItem(
                say("Unlink main account"), "unlink", at("unlink", here), verbatim(profile.main_name or ""), danger=True
            ),
        ]
    above = MenuItem(
        say("Link main account"),
        "link",
        at("link", here, **{"as": "main"}),
        say("{name} becomes a sub-account", name=profile.name),
    )
    below = MenuItem(
        say("Link sub-account"),
        "link",
        at("link", here, **{"as": "sub"}),
        say("{name} becomes the main account", name=profile.name),
    )
    return [below] if head.sub_accounts else [above, below]


MENU = Menu(1, 10, _menu)


MODES = [("", say("Any billing")), *((mode.value, mode.label) for mode in BillingMode)]
SORTS = (
    ("name", say("Name"), ""),
    ("status", say("Status"), ""),
    ("mode", say("Billing"), ""),
    ("services", say("Services"), "number"),
    ("cost", say("Monthly cost"), "money"),
)

NEXT = {
    BillingMode.AGGREGATED: say("What it is charged from now on is billed to its main account."),
    BillingMode.INDEPENDENT: say("It is billed by itself."),
}
"""What follows from a billing mode, said after the deed."""


# The tab --------------------------------------------------------------------------------------------------------------


@bp.get("/<public_id:subject>/sub-accounts")
@needs(Permission.CUSTOMERS_VIEW)
def sub_accounts() -> ResponseReturnValue:
    """A main account's sub-accounts (L14), or the main account of a sub-account."""
    values = {**frame("sub_accounts"), **_list()}
    if wants_fragment():
        return render_block("staff/customers/sub_accounts.html", "results", **values)
    return tab("sub_accounts", "sub_accounts", **_list())


@bp.post("/<public_id:subject>/sub-accounts/management")
@needs(Permission.SUB_ACCOUNTS_MANAGE)
def management() -> ResponseReturnValue:
    """Switch sub-account management on or off (L15)."""
    wanted = request.form.get("management", "")
    if wanted not in ("on", "off"):
        raise Invalid({"management": say("Choose on or off.")})
    profile = actions.set_management(actor(), subject().public_id, wanted == "on")
    if wanted == "on":
        tell(say("Sub-account management is on: {name} can open and manage its sub-accounts.", name=profile.name))
    else:
        tell(
            say(
                "Sub-account management is off: {name} still sees, but cannot open, its sub-accounts.",
                name=profile.name,
            )
        )
    return redirect(at("sub_accounts", profile.public_id), 303)


@bp.get("/<public_id:subject>/sub-accounts/export.<form>")
@needs(Permission.CUSTOMERS_VIEW)
def export_sub_accounts(form: str) -> ResponseReturnValue:
    """The sub-accounts that the list is filtered by, as a file (O9)."""
    found = whole(partial(all_sub_accounts, actor(), subject(), _wanted()))
    return exported(form, "sub-accounts", COLUMNS, cells(subject().name, found))


def _wanted() -> SubAccountFilter:
    args = request.args
    return SubAccountFilter(
        text=args.get("q", "").replace("\x00", "")[:200],
        status=chosen(Status, "status"),
        mode=chosen(BillingMode, "mode"),
        sort=args.get("sort", "name"),
        descending=args.get("order") == "down",
        page=page_number(),
    )


def _list() -> dict[str, Any]:
    args, wanted = request.args, _wanted()
    found = list_sub_accounts(actor(), subject(), wanted)
    page = found.wanted.page
    listing = Listing(
        partial(at, "sub_accounts", subject().public_id),
        {name: args.get(name, "") for name in ("q", "status", "mode")},
        wanted.sort,
        wanted.descending,
    )
    headings = listing.headings((key, label) for key, label, _kind in SORTS)
    kinds = {key: kind for key, _label, kind in SORTS}
    return {
        "found": found,
        "rows": [(row, _status(row)) for row in found.rows],
        "wanted": wanted,
        "statuses": STATUSES,
        "modes": MODES,
        "filtered": listing.filtered,
        "sorts": [(one.label, one.url, one.direction, kinds[one.key], one.key) for one in headings],
        "sort_options": [(one.label, one.url, bool(one.direction)) for one in headings],
        "exports": listing.exports(partial(at, "export_sub_accounts", subject().public_id)),
        "first": (page - 1) * found.wanted.size + 1,
        "last": min(page * found.wanted.size, found.total),
        **listing.pages(page, found.pages),
    }


def _status(row: SubAccount) -> object:
    return status_view(row.status, subject().name, row.blocked_cause, row.status_changed_at)


# Linking --------------------------------------------------------------------------------------------------------------


@bp.get("/<public_id:subject>/link")
@needs(Permission.SUB_ACCOUNTS_LINK)
def link() -> ResponseReturnValue:
    """Choose the other account and the billing mode, and see what will change (L2)."""
    if not request.args.get("other"):
        return _search_other()
    if wants_fragment():
        return render_block("staff/customers/link.html", "plan", **frame("sub_accounts"), **_link_values())
    return tab("sub_accounts", "link", **_link_values())


@bp.post("/<public_id:subject>/link")
@needs(Permission.SUB_ACCOUNTS_LINK)
def link_now() -> ResponseReturnValue:
    """Link the two accounts as the preview showed."""
    main, sub, mode = _pair()

    def deed() -> LinkAnswer:
        return actions.link(actor(), main, sub, mode, mark=sent_mark(), once=sent_key())

    def again(code: int, **more: Any) -> ResponseReturnValue:
        return tab("sub_accounts", "link", code=code, **_link_values(**more))

    return _carry_out(deed, again, subject().public_id, NEXT[mode])


def _search_other() -> ResponseReturnValue:
    as_main, here = _as_main(), subject().public_id
    role = "main" if as_main else "sub"
    wording = Wording(
        title=say("Link main account") if as_main else say("Link sub-account"),
        label=say("Main account") if as_main else say("Sub-account"),
        search_url=at("link", here),
        back_url=at("sub_accounts", here),
        noun="account",
    )
    return candidates.search(
        "sub_accounts",
        "link_search",
        wording,
        lambda text: customer_search.find_other(actor(), subject(), text, as_main=as_main),
        lambda one: candidates.choose(one, at("link", here, **{"as": role, "other": one.customer.public_id})),
        as_main=as_main,
    )


def _as_main() -> bool:
    """Whether the other account is to be the main account of this customer."""
    wanted = request.values.get("as", "main")
    if wanted not in ("main", "sub"):
        raise Invalid({"as": say("The other account is either the main account or the sub-account.")})
    return wanted == "main"


def _pair() -> tuple[str, str, BillingMode]:
    """The public ids of the main account and the sub-account, and the billing mode wanted."""
    other, here = request.values.get("other", ""), subject().public_id
    if not other:
        raise Missing()
    mode = chosen(BillingMode, "mode") or BillingMode.AGGREGATED
    return (other, here, mode) if _as_main() else (here, other, mode)


def _link_values(*, conflict: Sentence = NOTHING, unseen: bool = False) -> dict[str, Any]:
    main, sub, mode = _pair()
    preview = actions.preview_link(actor(), main, sub, mode)
    as_main = _as_main()
    other = preview.main if as_main else preview.sub
    here = subject().public_id
    role = "main" if as_main else "sub"
    return {
        **_preview_values(preview),
        "settle_url": _settle_url(preview),
        "as_main": as_main,
        "other": other,
        "other_status": status_view(other.status, other.main_name or "", other.blocked_cause),
        "conflict": conflict,
        "unseen": unseen,
        "check_url": at("link", here),
        "back_url": at("link", here, **{"as": role}),
        "modes": _modes(preview.main.name, preview.sub.name, preview.main.own_billing_day),
    }


def _modes(main: str, sub: str, day: int) -> list[tuple[BillingMode, Sentence]]:
    """Each billing mode with what it means for these two."""
    return [
        (
            BillingMode.AGGREGATED,
            say(
                "{main} is billed and pays, on the {day}. {sub} has no balance of its own and sees no finance pages.",
                main=main,
                day=ordinal(day),
                sub=sub,
            ),
        ),
        (
            BillingMode.INDEPENDENT,
            say("{sub} keeps its own bills, balance and billing day. {main} sees it in its list.", sub=sub, main=main),
        ),
    ]


# Editing and unlinking ------------------------------------------------------------------------------------------------


@bp.route("/<public_id:subject>/billing-mode", methods=["GET", "POST"])
@needs(Permission.SUB_ACCOUNTS_LINK)
def mode() -> ResponseReturnValue:
    """Change the billing mode of this sub-account (L9)."""
    _refuse_unlinked()
    wanted = chosen(BillingMode, "mode")
    if request.method == "GET" and wants_fragment():
        return render_block("staff/customers/mode.html", "plan", **frame("sub_accounts"), **_mode_values(wanted))
    if request.method == "GET" or wanted is None:
        code = 200 if request.method == "GET" else 422
        return tab("sub_accounts", "mode", code=code, **_mode_values(wanted))
    final = wanted

    def deed() -> LinkAnswer:
        return actions.change_mode(actor(), subject().public_id, final, mark=sent_mark(), once=sent_key())

    def again(code: int, **more: Any) -> ResponseReturnValue:
        return tab("sub_accounts", "mode", code=code, **_mode_values(final, **more))

    return _carry_out(deed, again, "", NEXT[final])


def _mode_values(wanted: BillingMode | None, *, conflict: Sentence = NOTHING, unseen: bool = False) -> dict[str, Any]:
    profile = subject()
    now = profile.mode or BillingMode.INDEPENDENT
    preview = actions.preview_mode(actor(), profile.public_id, wanted or now)
    return {
        **_preview_values(preview),
        "settle_url": _settle_url(preview),
        "now": now,
        "same": preview.mode is now,
        "conflict": conflict,
        "unseen": unseen,
        "check_url": at("mode", profile.public_id),
        "modes": _modes(preview.main.name, preview.sub.name, preview.main.own_billing_day),
    }


@bp.route("/<public_id:subject>/unlink", methods=["GET", "POST"])
@needs(Permission.SUB_ACCOUNTS_LINK)
def unlink() -> ResponseReturnValue:
    """End the link of this sub-account (L10)."""
    if request.method == "GET":
        _refuse_unlinked()
        return tab("sub_accounts", "unlink", **_unlink_values())

    def deed() -> LinkAnswer:
        return actions.unlink(actor(), subject().public_id, mark=sent_mark(), once=sent_key())

    def again(code: int, **more: Any) -> ResponseReturnValue:
        return tab("sub_accounts", "unlink", code=code, **_unlink_values(**more))

    return _carry_out(
        deed, again, "", say("From now on it pays for itself. What was billed until now stays where it is.")
    )


def _unlink_values(*, conflict: Sentence = NOTHING, unseen: bool = False) -> dict[str, Any]:
    preview = actions.preview_unlink(actor(), subject().public_id)
    return {
        **_preview_values(preview),
        "conflict": conflict,
        "unseen": unseen,
    }


def _refuse_unlinked() -> None:
    """A page about a link that is not there is no page."""
    if subject().main_id is None:
        raise Missing(say("{name} is not a sub-account, so there is no link to change.", name=subject().name))


def _preview_values(preview: LinkPreview) -> dict[str, Any]:
    if preview.reasons:  # they may say what is owed
        shows_finances(preview.main)
        shows_finances(preview.sub)
    return {
        "preview": preview,
        "reasons": linked(preview.reasons),
        "headline": preview.refused,
        "changes": [(change.what, change.before, change.after) for change in preview.changes],
    }


def _settle_url(preview: LinkPreview) -> str:
    """Where the money that is in the way is settled step by step (L6), for those who may."""
    may_settle = preview.unsettled and may(Permission.FINANCE_POST, preview.sub)
    begun = {"as": "sub"} if preview.main.id == subject().id else {}
    return at("settle", preview.sub.public_id, main=preview.main.public_id, **begun) if may_settle else ""


def _carry_out(
    deed: Callable[[], LinkAnswer], again: Callable[..., ResponseReturnValue], back_to: str, then: Sentence
) -> ResponseReturnValue:
    """Do it if its preview was seen; otherwise, and when it cannot be done, show the page again with fresh figures.

    Afterwards the Sub-accounts tab of `back_to` (a public id, "" for the main account's) says what was done and `then`.
    """
    if not sent_mark():
        return again(422, unseen=True)
    try:
        done = deed()
    except Refused:
        return again(409)
    except Conflict as error:
        return again(409, conflict=error.sentence)
    tell_done(done.sentence, then)
    return redirect(at("sub_accounts", back_to or done.main), 303)
