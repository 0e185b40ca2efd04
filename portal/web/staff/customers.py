"""Finding customers, and the tabs of a profile that show and change the customer itself."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions.customers import search as customer_search
from portal.actions.customers.search import FoundCustomer, House, Wanted
from portal.outside.sheets.tables import Cell, Column
from portal.rules.customers.search_fields import listed
from portal.rules.customers.status import Kind, Status
from portal.rules.errors import Invalid
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web import wording
from portal.web.customers.status import StatusView, status_view
from portal.web.forms import chosen
from portal.web.frame import wants_fragment
from portal.web.guard import actor, may, needs
from portal.web.listing import Listing, exported, page_number, whole
from portal.web.places import Place

bp = Blueprint("staff_customers", __name__, url_prefix="/staff/customers")

STAFF = Place(say("Customers"), "customers", "staff_customers.search", Permission.CUSTOMERS_VIEW, 30)

LINKED = (("", say("Any")), ("main", say("Main accounts")), ("sub", say("Sub-accounts")), ("none", say("Neither")))
SORTS = (("name", say("Name")), ("status", say("Status")), ("partner", say("Partner")), ("added", say("Added")))
REMOVED = "removed"
STATUSES = [
    ("", say("Any status")),
    *((status.value, status.label) for status in Status),
    (REMOVED, say("Removed")),
]
COLUMNS = (
    Column("number"), Column("name", 32), Column("kind", 12), Column("status", 12),
    Column("email", 30), Column("phone", 20), Column("partner", 24), Column("main_account", 32),
    Column("billing", 14), Column("sub_accounts", 12),
)  # fmt: skip
"""What an export of customers holds; other systems rely on the headings."""
OWED = (Column("house_account"), Column("currency"), Column("overdue"))
"""Besides, for whoever may see finances."""
OWES = (("", say("Owing or not")), ("owes", say("Owes")), ("late", say("Past due")))
LINK, MODE, UNLINK, STATUS, SEND = "link", "mode", "unlink", "status", "send"
DEEDS = (
    (LINK, say("Link to a main account"), Permission.SUB_ACCOUNTS_LINK),
    (MODE, say("Edit billing mode"), Permission.SUB_ACCOUNTS_LINK),
    (UNLINK, say("Unlink from the main account"), Permission.SUB_ACCOUNTS_LINK),
    (STATUS, say("Change status"), Permission.CUSTOMERS_STATUS),
    (SEND, say("Send statements"), Permission.CUSTOMERS_FINANCE),
)
"""What can be done with ticked customers, and who may."""

KINDS = [("", say("Any kind")), *((kind.value, wording.KINDS[kind.value]) for kind in Kind)]


@bp.get("")
@needs(Permission.CUSTOMERS_VIEW)
def search() -> ResponseReturnValue:
    """Find customers by name, email address, phone, login or number (O1)."""
    values = _search_page(_wanted())
    if wants_fragment():
        return render_block("staff/customers/search.html", "results", **values)
    return render_template("staff/customers/search.html", **values)


@bp.get("/export.<form>")
@needs(Permission.CUSTOMERS_VIEW)
def export(form: str) -> ResponseReturnValue:
    """The customers that the list is filtered by, as a file (O9)."""
    found = whole(partial(customer_search.export, actor(), _wanted()))
    if customer_search.sees_houses(actor()):
        rows = ((*_cells(row), *_owed(house)) for row, house in found)
        return exported(form, "customers", (*COLUMNS, *OWED), rows)
    return exported(form, "customers", COLUMNS, (_cells(row) for row, _ in found))


def _cells(row: FoundCustomer) -> tuple[Cell, ...]:
    return (
        *(row.reference, row.name, row.kind, row.status.status.value, row.email, row.phone),
        *(row.partner_name, row.main_name, row.mode.value if row.mode else None, row.sub_accounts),
    )


def _owed(house: House | None) -> tuple[Cell, ...]:
    """The House Account as it stands: what is owed is below zero."""
    if house is None:
        return (None, None, None)
    return (Money(house.minor, house.currency), house.currency, "yes" if house.late else "no")


def _wanted() -> Wanted:
    """What the address asks for. Removed customers have a filter of their own (O1)."""
    args = request.args
    removed = args.get("status") == REMOVED
    return Wanted(
        text=args.get("q", ""),
        partner=args.get("partner", ""),
        status=None if removed else chosen(Status, "status"),
        kind=chosen(Kind, "kind"),
        linked=args.get("linked", ""),
        sort=args.get("sort", "name"),
        descending=args.get("order") == "down",
        page=page_number(),
        removed=removed,
        owes=args.get("owes", ""),
    )


def _status(row: FoundCustomer, wanted: Wanted) -> StatusView:
    if wanted.removed:
        return StatusView(say("Removed"), "bad", NOTHING)
    return status_view(row.status, row.main_name or "", row.blocked_cause)


def deeds() -> list[tuple[str, Sentence]]:
    """What whoever looks at the list may do with ticked customers."""
    return [(deed, label) for deed, label, permission in DEEDS if may(permission)]


def _write_url() -> str:
    """Where a message to everybody who matches is written."""
    asked: dict[str, Any] = {
        name: request.args.get(name) or None for name in ("q", "partner", "status", "kind", "linked", "owes")
    }
    return url_for("staff_messages.new", **asked)


def _search_page(wanted: Wanted) -> dict[str, object]:
    wrong: dict[str, list[Sentence]] = {}
    try:
        found = customer_search.search(actor(), wanted)
    except Invalid as error:
        if "q" not in error.fields:
            raise
        wrong, found = error.fields, customer_search.Page([], 0, 1, 50, customer_search.search_fields(actor()))
    partners = customer_search.partners(actor())
    listing = Listing(
        partial(url_for, "staff_customers.search"),
        {name: request.args.get(name, "") for name in ("q", "partner", "status", "kind", "linked", "owes")},
        wanted.sort,
        wanted.descending,
    )
    headings = listing.headings(SORTS)
    return {
        "found": found,
        "wrong": wrong,
        "looks_at": listed(found.fields),
        "rows": [(row, _status(row, wanted)) for row in found.rows],
        "exports": listing.exports(partial(url_for, "staff_customers.export")),
        "deeds": deeds(),
        "partners": [("", say("Any partner")), *partners] if len(partners) > 1 else [],
        "statuses": STATUSES,
        "kinds": KINDS,
        "linked": LINKED,
        "owes": OWES if customer_search.sees_houses(actor()) else (),
        "wanted": wanted,
        "search_query": wanted.text,
        "filtered": listing.filtered,
        "write_url": _write_url(),
        "sorts": [(heading.label, heading.url, heading.direction) for heading in headings],
        "sort_options": [(heading.label, heading.url, bool(heading.direction)) for heading in headings],
        **listing.pages(found.page, found.pages),
    }
