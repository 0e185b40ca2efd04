"""Places and instructors in the back office: where and with whom sessions are, and giving one another name (B8)."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, StringField
from wtforms.validators import DataRequired

from portal.actions.bookings import where as actions
from portal.actions.bookings.where import Kind
from portal.rules.errors import Invalid, Missing, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.forms import PortalForm, add_errors, sent_key
from portal.web.guard import actor, needs
from portal.web.remedies import linked
from portal.web.staff.bookings.forms import named
from portal.web.telling import tell

bp = Blueprint("staff_where", __name__, url_prefix="/staff/activities/where")

PART_OF = "staff_where", "staff_bookings"


class RenameForm(PortalForm):
    """What a place or an instructor is called from now on."""

    name = StringField(_("New name"), validators=[DataRequired(_("Enter what it is called from now on."))])
    telling = BooleanField(_("Tell everybody in these sessions that they are elsewhere"))


@bp.route("", methods=["GET", "POST"])
@needs(Permission.ACTIVITIES_MANAGE)
def index() -> ResponseReturnValue:
    """All places and instructors; with one of them in the address, giving it another name."""
    found = actions.everywhere(actor())
    kind, partner, name = (request.args.get(key, "")[:200] for key in ("kind", "partner", "name"))
    chosen = found.find(kind, partner, name)
    if chosen is None and (name or request.method == "POST"):
        raise Missing()
    form = RenameForm(data={"name": name})
    code, reasons = 200, ()
    if chosen is not None and form.validate_on_submit():
        wanted, telling = named(form.name.data), bool(form.telling.data)
        try:
            count = actions.rename(actor(), Kind(kind), partner, name, wanted, tell=telling, once=sent_key())
        except Invalid as error:
            add_errors(form, error)
            code = 422
        except Refused as error:
            code, reasons = 409, linked(error.reasons)  # type: ignore[assignment]
        else:
            tell(say("One session was changed.", "{count} sessions were changed.", count=count))
            return redirect(url_for("staff_where.index"), 303)
    elif request.method == "POST":
        code = 422
    values = {"found": found, "chosen": chosen, "kind": kind, "form": form, "reasons": reasons}
    return render_template("staff/activities/where.html", **values), code
