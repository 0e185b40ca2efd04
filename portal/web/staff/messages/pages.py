"""Messages to many customers: writing one, a look at who gets it, and what became of it (O2)."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.customers import search
from portal.actions.messages import sending, showing, templates
from portal.actions.messages.sending import Preview, Wanted
from portal.rules.errors import Invalid, Missing, Refused
from portal.rules.messages.states import CopyState, MessageState
from portal.rules.messages.texts import PLACES, paragraphs
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.figures import text
from portal.web.forms import add_errors, chosen, options, sent_key
from portal.web.guard import actor, needs
from portal.web.listing import Listing, page_number
from portal.web.places import Place
from portal.web.staff.messages.forms import MessageForm, asked
from portal.web.telling import tell

bp = Blueprint("staff_messages", __name__, url_prefix="/staff/messages")

STAFF = Place(say("Messages"), "messages", "staff_messages.index", Permission.MESSAGES_SEND, 36)

TONES = {
    MessageState.SCHEDULED: "",
    MessageState.SENDING: "info",
    MessageState.SENT: "good",
    MessageState.STOPPED: "note",
}
COPY_TONES = {CopyState.WAITING: "", CopyState.SENT: "good", CopyState.FAILED: "bad", CopyState.LEFT_OUT: "plain"}
LOOK, CHECK, TEST, SEND = "look", "check", "test", "send"
STATES = (("", say("Everybody")), *((one.value, one.label) for one in CopyState))


@bp.get("")
@needs(Permission.MESSAGES_SEND)
def index() -> ResponseReturnValue:
    """What was sent, the newest first."""
    return render_template("staff/messages/index.html", found=showing.latest(actor()), tones=TONES)


@bp.route("/new", methods=["GET", "POST"])
@needs(Permission.MESSAGES_SEND)
def new() -> ResponseReturnValue:
    """Write one: a look at who gets it and how it reads, a test to oneself, and after a check sending it."""
    form = _form()
    if not form.is_submitted():
        return _write(form)
    if not form.validate():
        return _write(form, code=422)
    try:
        zone = sending.zone_of(actor(), str(form.partner.data or ""))
        return _step(form, form.wanted(zone), request.form.get("step", LOOK))
    except Invalid as error:
        add_errors(form, error, text="message", filter="partner")
        return _write(form, code=422)
    except Missing as error:
        form.form_errors.append(text(error.sentence))
        return _write(form, code=422)
    except Refused as refused:
        return _write(form, refused=refused, code=409)


@bp.get("/<public_id:sent>")
@needs(Permission.MESSAGES_SEND)
def view(sent: str) -> ResponseReturnValue:
    """How far it is, who got it, and who did not and why."""
    state, number = chosen(CopyState, "state"), page_number()
    found = showing.page(actor(), sent, states=[state] if state else (), number=number)
    total = found.count(state) if state else found.count(*CopyState)
    pages = max(1, -(-total // showing.PAGE))
    listing = Listing(partial(url_for, "staff_messages.view", sent=sent), {"state": state.value if state else ""})
    values: dict[str, Any] = {
        "total": total,
        "number": number,
        "pages": pages,
        "first": (number - 1) * showing.PAGE + 1,
    }
    values |= {"last": min(number * showing.PAGE, total), **listing.pages(min(number, pages), pages)}
    tones = {"tones": TONES, "copy_tones": COPY_TONES, "states": STATES}
    row = found.row
    words = {
        "reason": showing.reason,
        "paragraphs": paragraphs(row.text),
        "asked": asked(row.filters, row.partner or ""),
    }
    return render_template("staff/messages/view.html", found=found, **values, **tones, **words)


@bp.post("/<public_id:sent>/stop")
@needs(Permission.MESSAGES_SEND)
def stop(sent: str) -> ResponseReturnValue:
    """Let it go no further."""
    number = sending.stop(actor(), sent, once=sent_key())
    tell(say("Stopped. {count} copy does not leave.", "Stopped. {count} copies do not leave.", count=number))
    return redirect(url_for("staff_messages.view", sent=sent), 303)


def _step(form: MessageForm, wanted: Wanted, step: str) -> ResponseReturnValue:
    if step == SEND:
        sent = sending.send(actor(), wanted, once=sent_key())
        tell(say("The message is on its way."))
        return redirect(url_for("staff_messages.view", sent=sent), 303)
    if step == TEST:
        address = sending.send_test(actor(), wanted, actor().email, once=sent_key())
        tell(say("A test goes to {address}.", address=address))
    preview = sending.foresee(actor(), wanted, place=_place())
    if step == CHECK and preview.gets:
        return render_template("staff/messages/check.html", form=form, wanted=wanted, preview=preview, fields=_fields())
    return _write(form, preview)


def _write(
    form: MessageForm, preview: Preview | None = None, refused: Refused | None = None, code: int = 200
) -> ResponseReturnValue:
    values: dict[str, Any] = {"form": form, "preview": preview, "refused": refused, "places": PLACES}
    values |= {"templates": templates.every(actor()), "sees_money": search.sees_houses(actor())}
    return render_template("staff/messages/new.html", **values), code


def _form() -> MessageForm:
    """The form, for a page that is only drawn with the filters of the address and the words of a template."""
    partners = search.partners(actor())
    first: dict[str, Any] = {
        name: request.args.get(name, "") for name in ("partner", "text", "linked", "owes", "main", "group")
    }
    first["text"] = request.args.get("q", first["text"])
    first["customers"], first["statuses"] = request.args.get("kind", ""), request.args.getlist("status")
    if request.args.get("template"):
        found = templates.one(actor(), request.args["template"])
        first |= {"subject": found.subject, "message": found.text}
    if len(partners) == 1:
        first["partner"] = partners[0][0]
    form = MessageForm(data=first)
    form.partner.choices = options([*([] if len(partners) == 1 else [("", say("Every partner"))]), *partners])
    return form


def _place() -> int:
    """Which of those who get it is shown."""
    given = request.form.get("place", "0")
    return int(given) if given.isdecimal() and len(given) < 6 else 0


def _fields() -> list[tuple[str, str]]:
    """What was typed, so that the check page can send it."""
    own = ("csrf_token", "idempotency_key", "step", "place")
    return [(name, value) for name, value in request.form.items(multi=True) if name not in own]
