"""The catalogue in the back office: what is offered, at which price, and how many there are (M2)."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.orders import catalogue
from portal.rules.amounts import number_text
from portal.rules.errors import Conflict, Invalid
from portal.rules.orders import Item, ItemKind
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.forms import add_errors, sent_key
from portal.web.guard import actor, needs
from portal.web.places import Place
from portal.web.staff.orders.forms import ItemForm
from portal.web.telling import tell

bp = Blueprint("staff_catalogue", __name__, url_prefix="/staff/catalogue")

STAFF = Place(say("Catalogue"), "services", "staff_catalogue.index", Permission.CATALOGUE_MANAGE, 35)
PAGE = 100


@bp.get("")
@needs(Permission.CATALOGUE_MANAGE)
def index() -> ResponseReturnValue:
    """Everything that can be ordered, with price and stock."""
    number = max(1, int(text)) if (text := request.args.get("page", "1")).isdecimal() and len(text) < 6 else 1
    rows, count = catalogue.page(actor(), page=number, size=PAGE)
    values = {"rows": rows, "count": count, "page": number, "size": PAGE, "service": ItemKind.SERVICE}
    return render_template("staff/catalogue/index.html", **values, number_text=number_text)


@bp.route("/new", methods=["GET", "POST"])
@needs(Permission.CATALOGUE_MANAGE)
def new() -> ResponseReturnValue:
    """The form of a new item, and adding it."""
    form = ItemForm()
    if not form.validate_on_submit():
        return _page(form, None, code=422 if request.method == "POST" else 200)
    try:
        catalogue.add(actor(), form.draft(), once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _page(form, None, code=422)
    tell(say("{item} can be ordered now.", item=str(form.name.data)))
    return redirect(url_for("staff_catalogue.index"), 303)


@bp.route("/<public_id:article>", methods=["GET", "POST"])
@needs(Permission.CATALOGUE_MANAGE)
def edit(article: str) -> ResponseReturnValue:
    """One item, and changing it: for what is ordered from then on."""
    found = catalogue.find(actor(), article)
    own = {"kind": found.kind.value, "price": found.price, "period": found.period.value}
    form = ItemForm(obj=found, data=own | {"rate": found.rate, "retired": found.retired})
    if not form.validate_on_submit():
        return _page(form, found, code=422 if request.method == "POST" else 200)
    shown = request.form.get("left", "")
    left = int(shown) if shown.isascii() and shown.isdecimal() and len(shown) < 9 else None
    try:
        draft = replace(form.draft(), prices=found.prices)
        catalogue.change(actor(), article, draft, left=left, once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _page(form, found, code=422)
    except Conflict as error:
        return _page(form, found, conflict=error.sentence, code=409)
    tell(say("{item} was changed.", item=str(form.name.data)))
    return redirect(url_for("staff_catalogue.index"), 303)


def _page(form: ItemForm, found: Item | None, *, conflict: Sentence = NOTHING, code: int = 200) -> ResponseReturnValue:
    return render_template("staff/catalogue/edit.html", form=form, item=found, conflict=conflict), code
