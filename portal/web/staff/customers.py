"""Finding customers, and the tabs of a profile that show and change the customer itself."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions.customers import search as customer_search
from portal.actions.customers.search import Wanted
from portal.rules.customers.search_fields import listed
from portal.rules.customers.status import Kind, Status
from portal.rules.errors import Invalid
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say
from portal.web import wording
from portal.web.customers.status import status_view
from portal.web.forms import chosen
from portal.web.frame import wants_fragment
from portal.web.guard import actor, needs
from portal.web.listing import Listing, page_number
from portal.web.places import Place

bp = Blueprint("staff_customers", __name__, url_prefix="/staff/customers")

STAFF = Place(say("Customers"), "customers", "staff_customers.search", Permission.CUSTOMERS_VIEW, 30)

LINKED = (("", say("Any")), ("main", say("Main accounts")), ("sub", say("Sub-accounts")), ("none", say("Neither")))
SORTS = (("name", say("Name")), ("status", say("Status")), ("partner", say("Partner")), ("added", say("Added")))
STATUSES = [("", say("Any status")), *((status.value, status.label) for status in Status)]
KINDS = [("", say("Any kind")), *((kind.value, wording.KINDS[kind.value]) for kind in Kind)]


@bp.get("")
@needs(Permission.CUSTOMERS_VIEW)
def search() -> ResponseReturnValue:
    """Find customers by name, email address, phone, login or number (O1)."""
    args = request.args
    wanted = Wanted(
        text=args.get("q", ""),
        partner=args.get("partner", ""),
        status=chosen(Status, "status"),
        kind=chosen(Kind, "kind"),
        linked=args.get("linked", ""),
        sort=args.get("sort", "name"),
        descending=args.get("order") == "down",
        page=page_number(),
    )
    values = _search_page(wanted)
    if wants_fragment():
        return render_block("staff/customers/search.html", "results", **values)
    return render_template("staff/customers/search.html", **values)


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
        {name: request.args.get(name, "") for name in ("q", "partner", "status", "kind", "linked")},
        wanted.sort,
        wanted.descending,
    )
    headings = listing.headings(SORTS)
    return {
        "found": found,
        "wrong": wrong,
        "looks_at": listed(found.fields),
        "rows": [(row, status_view(row.status, row.main_name or "", row.blocked_cause)) for row in found.rows],
        "partners": [("", say("Any partner")), *partners] if len(partners) > 1 else [],
        "statuses": STATUSES,
        "kinds": KINDS,
        "linked": LINKED,
        "wanted": wanted,
        "search_query": wanted.text,
        "filtered": listing.filtered,
        "sorts": [(heading.label, heading.url, heading.direction) for heading in headings],
        "sort_options": [(heading.label, heading.url, bool(heading.direction)) for heading in headings],
        **listing.pages(found.page, found.pages),
    }
