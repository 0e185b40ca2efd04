"""Templates of messages to many (O2)."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.messages import templates
from portal.actions.messages.templates import TemplateRow
from portal.rules.errors import Conflict, Invalid
from portal.rules.messages.texts import PLACES
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.forms import add_errors, sent_key, sent_number
from portal.web.guard import actor, needs
from portal.web.staff.messages.forms import TemplateForm
from portal.web.telling import tell

bp = Blueprint("staff_message_templates", __name__, url_prefix="/staff/messages/templates")

PART_OF = "staff_message_templates", "staff_messages"


@bp.get("")
@needs(Permission.MESSAGES_SEND)
def index() -> ResponseReturnValue:
    """All of them by name."""
    return render_template("staff/messages/templates.html", found=templates.every(actor()))


@bp.route("/new", methods=["GET", "POST"])
@needs(Permission.MESSAGES_SEND)
def new() -> ResponseReturnValue:
    """A new one."""
    return _kept(TemplateForm(), None)


@bp.route("/<public_id:template>", methods=["GET", "POST"])
@needs(Permission.MESSAGES_SEND)
def edit(template: str) -> ResponseReturnValue:
    """Change one."""
    found = templates.one(actor(), template)
    return _kept(TemplateForm(obj=found), found)


@bp.post("/<public_id:template>/remove")
@needs(Permission.MESSAGES_SEND)
def remove(template: str) -> ResponseReturnValue:
    """Forget one."""
    templates.remove(actor(), template, once=sent_key())
    tell(say("The template is gone. What was sent with it keeps its words."))
    return redirect(url_for("staff_message_templates.index"), 303)


def _kept(form: TemplateForm, found: TemplateRow | None) -> ResponseReturnValue:
    code, conflict = 200, NOTHING
    if form.validate_on_submit():
        words = (str(form[name].data or "") for name in ("name", "subject", "text"))
        public_id = found.public_id if found else None
        try:
            templates.keep(actor(), public_id, *words, version=sent_number("version"), once=sent_key())
        except Invalid as error:
            add_errors(form, error)
            code = 422
        except Conflict as error:
            code, conflict = 409, error.sentence
        else:
            tell(say("The template is kept."))
            return redirect(url_for("staff_message_templates.index"), 303)
    elif request.method == "POST":
        code = 422
    return _page(form, found, conflict), code


def _page(form: TemplateForm, found: TemplateRow | None, conflict: Sentence) -> str:
    values = {"form": form, "found": found, "conflict": conflict, "places": PLACES}
    return render_template("staff/messages/template.html", **values)
