"""Who owes, by days past due, in the back office (F15, O10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import Form

from portal.actions.books import ageing as ageing_of
from portal.actions.books.ageing import Aged, Row
from portal.outside.sheets.tables import Cell, Column
from portal.rules.invoices.ageing import COLUMNS, LAST_DAYS, Ageing
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say
from portal.web.fields import DayField
from portal.web.guard import actor, needs
from portal.web.listing import Listing, exported, page_number
from portal.web.places import Place

bp = Blueprint("staff_ageing", __name__, url_prefix="/staff/ageing")

STAFF = Place(say("Who owes"), "finance", "staff_ageing.index", Permission.CUSTOMERS_FINANCE, 35)
ROWS_A_PAGE = 50
OWED = len(LAST_DAYS) + 1
"""So many of the columns are what is owed; the last one is what is unallocated."""
LABELS = (say("Not due"), say("1–30 days"), say("31–60 days"), say("61–90 days"), say("More than 90 days"))
COLUMNS_OF_FILE = tuple(
    Column(name)
    for name in ("on", "payer", "payer_name", "account", "account_name", "currency", *COLUMNS.values(), "total")
)
"""What a file of the list holds; other systems rely on the headings."""
CHOICES = (("", say("Everybody")), ("late", say("Past due")), ("owes", say("Owes anything")))


class AgeingFilter(Form):
    """The day as of which ages are counted."""

    on = DayField(_("On"), id="f-on")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a bar: where it begins and how wide it is, in per cent, and its amount."""

    place: int
    start: str
    width: str
    label: Sentence
    minor: int
    customers: int


@dataclass(frozen=True, slots=True)
class Strip:
    """What is owed in one currency, by days past due."""

    currency: str
    pieces: Sequence[Piece]
    owed: int
    late: int
    unallocated: int


@dataclass(frozen=True, slots=True)
class Line:
    """A payer in the table, with its bar."""

    row: Row
    bar: Sequence[Piece]
    late: int
    url: str


@bp.get("")
@needs(Permission.CUSTOMERS_FINANCE)
def index() -> ResponseReturnValue:
    """Who owes, the most past due first, as of today or of a day."""
    form = AgeingFilter(request.args)
    valid = form.validate()
    found = ageing_of.ageing(actor(), form.on.data if valid else None)
    rows = _wanted(found)
    filters = {name: request.args.get(name, "")[:100] for name in ("on", "who", "q")}
    listing = Listing(lambda **values: url_for("staff_ageing.index", **values), filters)
    last = max(1, -(-len(rows) // ROWS_A_PAGE))
    page = min(page_number(), last)
    some = rows[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    return render_template(
        "staff/ageing/index.html",
        form=form,
        on=found.on,
        strips=[_strip(code, ages, found) for code, ages in sorted(found.totals.items())],
        lines=[_line(row) for row in some],
        choices=CHOICES,
        filters=filters,
        filtered=listing.filtered,
        total=len(rows),
        first=(page - 1) * ROWS_A_PAGE + 1,
        exports=listing.exports(lambda **values: url_for("staff_ageing.export", **values)),
        **listing.pages(page, last),
    ), 200 if valid else 422


@bp.get("/export.<form>")
@needs(Permission.CUSTOMERS_FINANCE)
def export(form: str) -> ResponseReturnValue:
    """The list as it is filtered, by payer and account, as a file (O9)."""
    days = AgeingFilter(request.args)
    found = ageing_of.ageing(actor(), days.on.data if days.validate() else None)
    payers = {row.payer for row in _wanted(found)}
    return exported(
        form, "who-owes", COLUMNS_OF_FILE, (_cells(found, row) for row in found.rows if row.payer in payers)
    )


def _cells(found: Aged, row: Row) -> Sequence[Cell]:
    names = (row.payer.reference, row.payer.name, row.account.reference, row.account.name)
    return (found.on, *names, row.currency, *(Money(minor, row.currency) for minor in (*row.ages, row.ages.total)))


def late_minor(ages: Ageing) -> int:
    """What is past due of a row."""
    return sum(ages[1:OWED])


def _wanted(found: Aged) -> list[Row]:
    who, text = request.args.get("who", ""), request.args.get("q", "").strip().casefold()
    rows = [
        row for row in found.by_payer() if text in row.payer.name.casefold() or text == row.payer.reference.casefold()
    ]
    if who == "late":
        rows = [row for row in rows if late_minor(row.ages)]
    elif who == "owes":
        rows = [row for row in rows if row.ages.total > 0]
    return sorted(rows, key=lambda row: (-late_minor(row.ages), -row.ages.total, row.payer.name.casefold()))


def _line(row: Row) -> Line:
    url = url_for("staff_customers.finance", subject=row.payer.public_id)
    return Line(row, _pieces(row.ages, [0] * OWED), late_minor(row.ages), url)


def _strip(currency: str, ages: Ageing, found: Aged) -> Strip:
    payers = [row.ages for row in found.by_payer() if row.currency == currency]
    counts = [sum(bool(one[place]) for one in payers) for place in range(OWED)]
    return Strip(currency, _pieces(ages, counts), sum(ages[:OWED]), late_minor(ages), ages.unallocated)


def _pieces(ages: Ageing, customers: Sequence[int]) -> list[Piece]:
    whole, done, pieces = sum(ages[:OWED]), 0, []
    for place in range(OWED):
        minor = ages[place]
        start, width = (100 * part / whole if whole > 0 else 0.0 for part in (done, max(0, minor)))
        pieces.append(Piece(place, f"{start:.2f}%", f"{width:.2f}%", LABELS[place], minor, customers[place]))
        done += max(0, minor)
    return pieces
