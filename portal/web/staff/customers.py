"""Finding customers, and the tabs of a profile that show and change the customer itself."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions import documents as document_actions
from portal.actions.customers import profile as profiles
from portal.actions.customers import search as customer_search
from portal.actions.customers import status as customer_status
from portal.actions.customers.profile import FIELD_NAMES, Details, Stale
from portal.actions.customers.search import Wanted
from portal.actions.documents import DocumentFilter
from portal.actions.links import partner_accounts
from portal.rules.customers.search_fields import told
from portal.rules.customers.status import BillingType, Kind, Status
from portal.rules.errors import Conflict, Invalid, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, ordinal
from portal.web import downloads
from portal.web.customers.status import status_view
from portal.web.forms import add_errors, chosen, options, page_number, sent_key, sent_mark
from portal.web.frame import wants_fragment
from portal.web.guard import actor, needs, subject
from portal.web.remedies import linked
from portal.web.staff.audit import rows_of
from portal.web.staff.forms import DetailsForm
from portal.web.staff.profile.group_panels import panels
from portal.web.staff.profile.head import at, tab
from portal.web.staff.profile.notices import told_rows

bp = Blueprint("staff_customers", __name__, url_prefix="/staff/customers")

LINKED = (("", "Any"), ("main", "Main accounts"), ("sub", "Sub-accounts"), ("none", "Neither"))
SORTS = (("name", "Name"), ("status", "Status"), ("partner", "Partner"), ("added", "Added"))
STATUSES = [("", "Any status"), *((status.value, status.label) for status in Status)]
KINDS = [("", "Any kind"), *((kind.value, kind.value.capitalize()) for kind in Kind)]


# Finding --------------------------------------------------------------------------------------------------------------


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
    return {
        "found": found,
        "wrong": wrong,
        "looks_at": told(found.fields),
        "rows": [(row, status_view(row.status, row.main_name or "", row.blocked_cause)) for row in found.rows],
        "partners": [("", "Any partner"), *partners] if len(partners) > 1 else [],
        "statuses": STATUSES,
        "kinds": KINDS,
        "linked": LINKED,
        "wanted": wanted,
        "search_query": wanted.text,
        "filtered": any(request.args.get(name) for name in ("q", "partner", "status", "kind", "linked")),
        "sorts": [(label, _sorted(key, wanted), _direction(key, wanted)) for key, label in SORTS],
        "sort_options": [(label, _sorted(key, wanted), key == wanted.sort) for key, label in SORTS],
        "previous_url": _again(page=found.page - 1) if found.page > 1 else "",
        "next_url": _again(page=found.page + 1) if found.page < found.pages else "",
    }


def _again(**changes: object) -> str:
    """This search with some of its parts changed; empty parts are left out."""
    kept: dict[str, Any] = {**request.args.to_dict(), **changes}
    return url_for("staff_customers.search", **{key: value for key, value in kept.items() if value})


def _sorted(key: str, wanted: Wanted) -> str:
    turn = key == wanted.sort and not wanted.descending
    return _again(sort=key, order="down" if turn else "", page="")


def _direction(key: str, wanted: Wanted) -> str:
    return "" if key != wanted.sort else "descending" if wanted.descending else "ascending"


# Tabs that show -------------------------------------------------------------------------------------------------------


@bp.get("/<public_id:subject>")
@needs(Permission.CUSTOMERS_VIEW)
def summary() -> ResponseReturnValue:
    """The customer at a glance."""
    found = profiles.summary(actor(), subject())
    billing = f"{BillingType(subject().billing_type).label}, on the {ordinal(subject().billing_day)}"
    return tab(
        "summary",
        "summary",
        found=found,
        activity=rows_of(found.activity or ()),
        billing=billing,
        groups=panels(),
    )


@bp.get("/<public_id:subject>/services")
@needs(Permission.CUSTOMERS_VIEW)
def services() -> ResponseReturnValue:
    """What the customer has, stopped services included."""
    return tab("services", "services", services=profiles.services(actor(), subject()))


@bp.get("/<public_id:subject>/documents")
@needs(Permission.CUSTOMERS_VIEW)
def documents() -> ResponseReturnValue:
    """The customer's documents."""
    wanted = DocumentFilter(text=request.args.get("q", ""), page=page_number())
    found = document_actions.list_documents(actor(), subject().public_id, wanted)
    page = found.wanted.page
    here = subject().public_id
    return tab(
        "documents",
        "documents",
        found=found,
        previous_url=at("documents", here, q=wanted.text, page=str(page - 1)) if page > 1 else "",
        next_url=at("documents", here, q=wanted.text, page=str(page + 1)) if page < found.pages else "",
    )


@bp.get("/<public_id:subject>/documents/<public_id:document>")
@needs(Permission.CUSTOMERS_VIEW)
def document(document: str) -> ResponseReturnValue:
    """One document as a file."""
    opened = document_actions.open_document(actor(), subject().public_id, document)
    return downloads.stored(opened.file, opened.filename, opened.content_type, opened.size)


@bp.get("/<public_id:subject>/log")
@needs(Permission.AUDIT_VIEW)
def log() -> ResponseReturnValue:
    """Who did what for this customer."""
    before = request.args.get("before", "")[:20]
    found = profiles.log(actor(), subject(), before=before)
    here = subject().public_id
    return tab(
        "log",
        "log",
        rows=rows_of(found.lines),
        older_url=at("log", here, before=found.older) if found.older else "",
        newest_url=at("log", here) if before else "",
    )


# Details --------------------------------------------------------------------------------------------------------------


@bp.get("/<public_id:subject>/details")
@needs(Permission.CUSTOMERS_VIEW)
def details() -> ResponseReturnValue:
    """Everything on file about the customer."""
    shared_since = partner_accounts.since(actor(), subject())
    kind = BillingType(subject().billing_type)
    return tab("details", "details", billing_type=kind, shared_since=shared_since, told=told_rows(subject()))


@bp.route("/<public_id:subject>/details/edit", methods=["GET", "POST"])
@needs(Permission.CUSTOMERS_EDIT)
def edit() -> ResponseReturnValue:
    """Change the details. Whoever is second sees what the first one changed (R24)."""
    form = DetailsForm(data=_values(profiles.details_of(subject())))
    form.partner.choices = options(customer_search.partners(actor()))
    if request.method == "GET":
        return _edit_page(form, subject().version)
    if not form.validate_on_submit():
        return _edit_page(form, _sent_version(), code=422)
    try:
        changed = profiles.edit_details(
            actor(), subject().public_id, _details(form), version=_sent_version(), once=sent_key()
        )
    except Invalid as error:
        add_errors(form, error)
        return _edit_page(form, _sent_version(), code=422)
    except Refused as error:
        return _edit_page(form, _sent_version(), code=409, reasons=linked(error.reasons), headline=error.headline)
    except Stale as stale:
        return _edit_page(form, stale.profile.version, code=409, stale=stale, now=_differing(form, stale))
    flash(
        f"Saved: {', '.join(changed).lower()}." if changed else "Nothing was different, so nothing changed.", "success"
    )
    return redirect(at("details", subject().public_id), 303)


def _edit_page(form: DetailsForm, version: int, *, code: int = 200, **values: object) -> ResponseReturnValue:
    return tab("details", "edit", code=code, form=form, version=version, field_names=FIELD_NAMES, **values)


def _values(found: Details) -> dict[str, object]:
    return {**asdict(found), "kind": found.kind.value, "billing_type": found.billing_type.value}


def _details(form: DetailsForm) -> Details:
    data: dict[str, Any] = {name: form[name].data for name in FIELD_NAMES}
    texts = {name: value or "" for name, value in data.items() if name not in ("born_on", "billing_day")}
    return Details(
        **{
            **texts,
            "born_on": data["born_on"],
            "billing_day": data["billing_day"],
            "kind": Kind(data["kind"]),
            "billing_type": BillingType(data["billing_type"]),
            "partner": data["partner"] or subject().partner_public_id,
        }
    )


def _sent_version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _differing(form: DetailsForm, stale: Stale) -> list[tuple[str, str, str]]:
    """The fields in which the form and what is stored now differ: name, stored, in the form."""
    now = _values(profiles.details_of(stale.profile))
    labels: dict[str, str] = dict(customer_search.partners(actor()))
    found = []
    for name, label in FIELD_NAMES.items():
        stored, typed = now[name] or "", form[name].data or ""
        if str(stored) != str(typed).replace("\r\n", "\n"):
            found.append((label, labels.get(str(stored), str(stored)), labels.get(str(typed), str(typed))))
    return found


# Own status -----------------------------------------------------------------------------------------------------------


@bp.route("/<public_id:subject>/status", methods=["GET", "POST"])
@needs(Permission.CUSTOMERS_EDIT)
def status() -> ResponseReturnValue:
    """Choose another status, see who will follow (O6), and confirm."""
    to = chosen(Status, "to")
    if request.method == "GET":
        return _choose_status() if to is None or to is subject().own_status else _check_status(to)
    if to is None or not sent_mark():
        return _check_status(to, code=422) if to else _choose_status(code=422)
    try:
        customer_status.change(actor(), subject().public_id, to, mark=sent_mark(), once=sent_key())
    except Conflict as error:
        return _check_status(to, code=409, conflict=str(error))
    flash(f"{subject().name} is {to.label} now.", "success")
    return redirect(at("summary", subject().public_id), 303)


def _choose_status(*, code: int = 200) -> ResponseReturnValue:
    options = [(status.value, status.label, customer_status.MEANINGS[status]) for status in Status]
    return tab("details", "status", code=code, preview=None, options=options)


def _check_status(to: Status, *, code: int = 200, conflict: str = "") -> ResponseReturnValue:
    preview = customer_status.preview(actor(), subject().public_id, to)
    changes = [(change.what, change.before, change.after) for change in preview.changes]
    return tab("details", "status", code=code, preview=preview, changes=changes, conflict=conflict)
