"""Sub-accounts: the list a main account sees, and the same list as a file (L14 to L17)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions.customers import people
from portal.actions.customers.people import Guardians
from portal.actions.links.listing import (
    SubAccount,
    SubAccountFilter,
    SubAccountPage,
    export_sub_accounts,
    list_sub_accounts,
)
from portal.outside.sheets.tables import Cell, Column
from portal.rules.customers.status import Status
from portal.rules.errors import Invalid
from portal.rules.links.facts import BillingMode
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say
from portal.web.addresses import alike
from portal.web.customers.status import StatusView, status_view
from portal.web.figures import now_here
from portal.web.frame import home_of, wants_fragment
from portal.web.guard import actor, may, needs, subject
from portal.web.listing import Listing, exported, page_number, whole
from portal.web.places import Place

bp = Blueprint("sub_accounts", __name__)

OWN = Place(
    say("Sub-accounts"),
    "sub-accounts",
    "sub_accounts.index",
    Permission.SUB_ACCOUNTS_VIEW,
    30,
    where=lambda standing: standing.has_sub_accounts,
)

PAGE_ROWS = 50
LARGEST_FIRST = frozenset({"services", "cost"})
"""A first click on these headings shows the largest figures first."""

HEADINGS = MappingProxyType(
    {
        "name": say("Name"),
        "status": say("Status"),
        "mode": say("Billing"),
        "services": say("Services"),
        "cost": say("Monthly cost"),
    }
)
COLUMNS = (
    Column("name", 32), Column("customer_number"), Column("address", 40), Column("status", 12), Column("reason", 24),
    Column("billing_mode", 14), Column("active_services", 14), Column("monthly_cost", 14), Column("currency", 10),
    Column("linked_on", 12),
)  # fmt: skip
"""What an export of sub-accounts holds; other systems rely on the headings."""


@dataclass(frozen=True, slots=True)
class RowView:
    """A line of the list. Addresses are empty where there is nothing to follow."""

    name: str
    details: tuple[str, ...]
    status: StatusView
    mode: Sentence
    services: int
    monthly_minor: int
    open_url: str
    statement_url: str


@bp.get("/sub-accounts")
@needs(Permission.SUB_ACCOUNTS_VIEW)
def index() -> ResponseReturnValue:
    """The list: filter, sort and page by address, in place with htmx."""
    typed = request.args.get("q", "").strip()
    page = _page(_wanted(request.args, PAGE_ROWS))
    values = _values(page, typed)
    if not wants_fragment():
        return render_template("sub_accounts/index.html", **values)
    parts = [render_block("sub_accounts/index.html", block, **values) for block in ("list", "news")]
    response = make_response("".join(parts))
    response.headers["HX-Push-Url"] = _listing(page.wanted, typed).address(page=page.wanted.page)
    return response


@bp.get("/sub-accounts.<form>")
@needs(Permission.SUB_ACCOUNTS_VIEW)
def export(form: str) -> ResponseReturnValue:
    """Every sub-account that matches the filter, as a file (O9)."""
    found = whole(partial(export_sub_accounts, actor(), subject(), _wanted(request.args, PAGE_ROWS)))
    return exported(form, "sub-accounts", COLUMNS, cells(subject().name, found))


def cells(main_name: str, subs: Iterable[SubAccount]) -> Iterator[tuple[Cell, ...]]:
    """Sub-accounts as rows of an export, with COLUMNS."""
    for sub in subs:
        status = status_view(sub.status, main_name, sub.blocked_cause, sub.status_changed_at)
        texts = (sub.name, sub.external_id, sub.address, str(status.word), str(status.because), sub.mode.value)
        cost = Money(sub.monthly_minor, sub.currency)
        yield *texts, sub.services, cost, sub.currency, now_here(sub.linked_at).date()


def _wanted(args: Mapping[str, str], size: int) -> SubAccountFilter:
    """The filter in an address. Raises Invalid for a status or mode that does not exist."""
    problems = {}
    status, mode = args.get("status", ""), args.get("mode", "")
    if status and status not in set(Status):
        problems["status"] = say("There is no status “{text}”.", text=status[:40])
    if mode and mode not in set(BillingMode):
        problems["mode"] = say("There is no billing mode “{text}”.", text=mode[:40])
    if problems:
        raise Invalid(problems)
    return SubAccountFilter(
        text=args.get("q", ""),
        status=Status(status) if status else None,
        mode=BillingMode(mode) if mode else None,
        sort=args.get("sort") or "name",
        descending=args.get("order") == "descending",
        page=page_number(),
        size=size,
    )


def _page(wanted: SubAccountFilter) -> SubAccountPage:
    """The page asked for, or the last one for a page beyond it."""
    page = list_sub_accounts(actor(), subject(), wanted)
    if page.rows or page.wanted.page <= page.pages:
        return page
    return list_sub_accounts(actor(), subject(), replace(wanted, page=page.pages))


def _values(page: SubAccountPage, typed: str) -> dict[str, object]:
    main, wanted = subject(), page.wanted
    opened = people.modes_opened(actor(), main)
    statement_of = alike(lambda account: url_for("statements.view", account=account))
    statements = statement_of if may(Permission.STATEMENTS_VIEW) else None
    listing = _listing(wanted, typed)
    headings = {heading.key: heading for heading in listing.headings(HEADINGS.items())}
    first = (wanted.page - 1) * wanted.size
    return {
        "main": main,
        "page": page,
        "typed": typed,
        "filtered": listing.filtered,
        "statuses": [("", say("Any status")), *((status.value, status.label) for status in Status)],
        "modes": [("", say("Any billing")), *((mode.value, mode.label) for mode in BillingMode)],
        "headings": headings,
        "sorts": [(heading.label, heading.url, bool(heading.direction)) for heading in headings.values()],
        "rows": [_row(sub, main.name, opened, statements) for sub in page.rows],
        "first": first + 1 if page.rows else 0,
        "last": first + len(page.rows),
        **listing.pages(wanted.page, page.pages),
        "exports": listing.exports(partial(url_for, "sub_accounts.export")),
        "opens": {mode.value for mode in opened},
        "guardians": _guardians(page),
    }


def _listing(wanted: SubAccountFilter, typed: str) -> Listing:
    return Listing(
        partial(url_for, "sub_accounts.index"),
        {
            "q": typed,
            "status": wanted.status.value if wanted.status else "",
            "mode": wanted.mode.value if wanted.mode else "",
        },
        wanted.sort,
        wanted.descending,
        words=("ascending", "descending"),
        largest_first=LARGEST_FIRST,
    )


def _guardians(page: SubAccountPage) -> Guardians | None:
    """L17: only a customer without sub-accounts can be one itself."""
    return people.guardians_of(subject()) if not page.everything else None


def _row(
    sub: SubAccount, main_name: str, opened: frozenset[BillingMode], statements: Callable[[str], str] | None
) -> RowView:
    aggregated = sub.mode is BillingMode.AGGREGATED
    return RowView(
        name=sub.name,
        details=tuple(part for part in (", ".join(sub.address.split("\n")), sub.external_id) if part),
        status=status_view(sub.status, main_name, sub.blocked_cause, sub.status_changed_at),
        mode=sub.mode.label,
        services=sub.services,
        monthly_minor=sub.monthly_minor,
        open_url=home_of(sub.public_id) if sub.mode in opened else "",
        statement_url=statements(sub.public_id) if aggregated and statements else "",
    )
