"""Bank files in the back office: taking them in, looking at their lines, and confirming what these pay (F16)."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.bank import confirming, deciding, importing, looking, uploading
from portal.actions.bank.confirming import Choice, Part
from portal.actions.bank.looking import FilePage, Shown
from portal.actions.bank.uploading import Sent
from portal.actions.customers import search as customer_search
from portal.outside.bank.accounts import grouped
from portal.outside.notation import notation_of
from portal.rules.amounts import NoAmount, read_amount
from portal.rules.bank import splitting
from portal.rules.bank.matching import Because
from portal.rules.bank.states import LineState
from portal.rules.errors import Conflict, Invalid, Missing, Refused
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.figures import Shown as Text
from portal.web.figures import locale
from portal.web.forms import sent_key
from portal.web.guard import actor, needs
from portal.web.listing import page_number
from portal.web.places import Place
from portal.web.telling import tell

bp = Blueprint("staff_bank", __name__, url_prefix="/staff/bank")

STAFF = Place(say("Bank files"), "finance", "staff_bank.index", Permission.FINANCE_POST, 35)

SIZE = 50
PLACEHOLDER = "0" * 20
"""Stands in an address for the public id of a file that is not known yet."""
MOST_PARTS = 20
VIEWS = {"todo": (LineState.OPEN,), "all": tuple(LineState)}
GROUNDS = {
    Because.REFERENCE: say("Number or reference in the text"),
    Because.IBAN: say("Paid from this account before"),
    Because.NAME: say("Same name"),
    Because.AMOUNT: say("Same amount only"),
}


@bp.get("")
@needs(Permission.FINANCE_POST)
def index() -> ResponseReturnValue:
    """The files, newest first, and the form for another one."""
    return _index()


@bp.post("")
@needs(Permission.FINANCE_POST)
def take_in() -> ResponseReturnValue:
    """Take a file in; the page of its lines follows."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _index(say("Choose a file."))
    partner = request.form.get("partner") or None
    mapping = request.form.get("mapping", "").strip() or None
    try:
        sent, form = uploading.receive(actor(), cast(BinaryIO, file.stream), file.filename)
        if form == "csv" and mapping is None:
            uploading.columns(actor(), sent)
            uploading.currency_of(actor(), partner)
            values: dict[str, Any] = {"file": sent.sha256, "called": sent.name, "size": sent.size, "partner": partner}
            return redirect(url_for("staff_bank.columns", **values), 303)
        return taken(sent, partner, mapping, once=sent_key())
    except Invalid as error:
        return _index(*error.sentences)
    except Refused as error:
        return _index(*error.sentences, code=409)


def taken(sent: Sent, partner: str | None, mapping: str | None, *, once: str | None) -> ResponseReturnValue:
    """Take a kept file in, or let the worker do it where it is long (UX11). Raises Invalid and Refused."""
    if sent.long:
        url = url_for("staff_bank.file", file=PLACEHOLDER).replace(PLACEHOLDER, "{file}")
        job = uploading.start(actor(), sent, partner=partner, mapping=mapping, url=url, once=once)
        return redirect(url_for("staff_outbox.job", job=job), 303)
    done = uploading.take_in(actor(), sent, partner=partner, mapping=mapping, once=once)
    if done.added:
        tell(say("One line added.", "{count} lines added.", count=done.added))
    else:
        tell(say("Everything in this file was known already. Nothing changed."))
    return redirect(url_for("staff_bank.file", file=done.file), 303)


@bp.get("/<public_id:file>")
@needs(Permission.FINANCE_POST)
def file(file: str) -> ResponseReturnValue:
    """The lines of a file, and what the chosen one may pay."""
    return _file(file, request.args.get("line", ""))


@bp.post("/<public_id:file>/lines/<public_id:line>")
@needs(Permission.FINANCE_POST)
def decide(file: str, line: str) -> ResponseReturnValue:
    """Confirm what a line pays, or set it aside."""
    looking.open_file(actor(), file, size=1)
    try:
        if request.form.get("do") == "ignore":
            deciding.ignore(actor(), [line], once=sent_key())
            tell(say("The line is set aside."))
        elif request.form.get("do") == "split":
            made = deciding.split(actor(), line, _amounts(looking.open_line(actor(), line)), once=sent_key())
            tell(say("The line is split into {parts} parts. Nothing is posted yet.", parts=len(made)))
            values: dict[str, Any] = {**_kept(), "line": made[0]}
            return redirect(url_for("staff_bank.file", file=file, **values), 303)
        else:
            shown = looking.open_line(actor(), line)
            (done,) = confirming.confirm(actor(), [line], _choice(shown), once=sent_key())
            tell(say("{payment} is posted for {customer}.", payment=done.payment, customer=done.customer))
    except (Invalid, Missing) as error:
        return _file(file, line, *error.sentences, code=422)
    except (Refused, Conflict) as error:
        return _file(file, line, *error.sentences, code=409)
    kept: dict[str, Any] = _kept()
    return redirect(url_for("staff_bank.file", file=file, **kept), 303)


@bp.route("/<public_id:file>/sure", methods=["GET", "POST"])
@needs(Permission.FINANCE_POST)
def sure(file: str) -> ResponseReturnValue:
    """What is clear, many lines at once: first to check, then to confirm (UX8)."""
    wrong: tuple[Text, ...] = ()
    code = 200
    if request.method == "POST":
        lines = request.form.getlist("line")[:500]
        try:
            if not lines:
                raise Invalid({"line": say("Tick at least one line.")})
            done = confirming.confirm(actor(), lines, once=sent_key())
        except (Invalid, Missing) as error:
            wrong, code = error.sentences, 422
        except (Refused, Conflict) as error:
            wrong, code = error.sentences, 409
        else:
            tell(say("One payment is posted.", "{count} payments are posted.", count=len(done)))
            return redirect(url_for("staff_bank.file", file=file), 303)
    page = looking.open_file(actor(), file, states=VIEWS["todo"])
    clear = [one for one in page.lines if one.chosen and not one.excess_minor]
    values = {"file": page.file, "lines": clear[:200], "count": len(clear), "wrong": wrong, "grounds": GROUNDS}
    values["names"] = looking.names_of(actor(), clear[:200])
    return render_template("staff/bank/sure.html", **values), code


# Pages ----------------------------------------------------------------------------------------------------------------


def _index(*wrong: Text, code: int = 422) -> ResponseReturnValue:
    number = page_number()
    found = looking.list_files(actor(), page=number, size=SIZE)
    values: dict[str, Any] = {
        "files": found[:SIZE],
        "first": (number - 1) * SIZE + 1,
        "previous_url": url_for("staff_bank.index", page=number - 1) if number > 1 else "",
        "next_url": url_for("staff_bank.index", page=number + 1) if len(found) > SIZE else "",
        "partners": [name for _public_id, name in customer_search.partners(actor())],
        "mappings": importing.mappings(actor()),
        "wrong": wrong,
    }
    return render_template("staff/bank/index.html", **values), code if wrong else 200


def _file(public_id: str, line: str, *wrong: Text, code: int = 200) -> ResponseReturnValue:
    view = request.values.get("view", "todo")
    view = view if view in VIEWS else "todo"
    number = page_number()
    page = looking.open_file(actor(), public_id, states=VIEWS[view], page=number, size=SIZE)
    shown = next((one for one in page.lines if one.line.public_id == line), None)
    if shown is None and line:
        shown = looking.open_line(actor(), line)
    shown = shown or (page.lines[0] if page.lines else None)
    kept = {"view": view} if view != "todo" else {}

    def address(**more: Any) -> str:
        return url_for("staff_bank.file", file=public_id, **{**kept, **more})

    last = (number - 1) * SIZE + len(page.lines)
    values: dict[str, Any] = {
        "page": page,
        "file": page.file,
        "shown": shown,
        "options": _options(shown) if shown else [],
        "names": looking.names_of(actor(), [shown]) if shown else {},
        "view": view,
        "rows": [
            _row(one, address(line=one.line.public_id, page=number, _anchor="line-title"), one is shown)
            for one in page.lines
        ],
        "first": (number - 1) * SIZE + 1,
        "last": last,
        "previous_url": address(page=number - 1) if number > 1 else "",
        "next_url": address(page=number + 1) if last < page.count else "",
        "views": [(say("To look at"), page.file.open, "todo"), (say("All"), page.file.lines, "all")],
        "sums": _sums(page),
        "wrong": wrong,
        "typed": request.form,
        "grouped": grouped,
        "number": number,
        "whole": shown is not None and any(one is shown for one in page.lines),
    }
    return render_template("staff/bank/file.html", **values), code


def _row(shown: Shown, url: str, current: bool) -> dict[str, Any]:
    line = shown.line
    if line.state is not LineState.OPEN:
        label, tone = line.state.label, "good" if line.state is LineState.CONFIRMED else ""
    elif line.amount_minor <= 0:
        label, tone = say("No payment"), ""
    elif shown.chosen and shown.excess_minor:
        label, tone = say("{amount} too much", amount=Money(shown.excess_minor, line.currency)), "note"
    elif shown.chosen:
        label, tone = say("Sure"), "good"
    elif shown.proposals:
        label, tone = say("One proposal", "{count} proposals", count=len(shown.proposals)), "note"
    else:
        label, tone = say("Nobody known"), "bad"
    return {"line": line, "url": url, "current": current, "label": label, "tone": tone}


def _sums(page: FilePage) -> list[tuple[str, str, int | None, int | None, int | None]]:
    """Account, currency, opening, what came, and closing of each statement."""
    return [
        (
            grouped(one.account),
            one.currency,
            one.opening_minor,
            None if one.opening_minor is None or one.closing_minor is None else one.closing_minor - one.opening_minor,
            one.closing_minor,
        )
        for one in page.statements
    ]


def _options(shown: Shown) -> list[dict[str, Any]]:
    """What a line may pay, a choice for each payer."""
    found: dict[str, dict[str, Any]] = {}
    for one in shown.proposals:
        option = found.setdefault(one.customer, {"customer": one.customer, "parts": [], "grounds": [], "chosen": False})
        option["parts"].append(one)
        option["chosen"] |= one.chosen
        if GROUNDS[one.because] not in option["grounds"]:
            option["grounds"].append(GROUNDS[one.because])
    return list(found.values())


# What was sent --------------------------------------------------------------------------------------------------------


def _choice(shown: Shown) -> Choice:
    """What somebody chose for a line. Raises Invalid for nothing, and for what is no amount."""
    wanted = request.form.get("choice", "")
    currency = shown.line.currency
    if wanted == "other":
        customer = request.form.get("customer", "").strip()
        parts = tuple(_part(word, currency) for word in request.form.get("invoices", "").split()[:MOST_PARTS])
        if not customer and not parts:
            raise Invalid({"customer": say("Say whose payment it is, or which invoices it pays.")})
        return Choice(customer or None, parts)
    customer = request.form.get(f"customer-{wanted}", "")
    if not wanted.isascii() or not wanted.isdigit() or not customer:
        raise Invalid({"choice": say("Choose whose payment it is.")})
    found = []
    for place in range(MOST_PARTS):
        invoice = request.form.get(f"invoice-{wanted}-{place}", "")
        pays = request.form.get(f"pays-{wanted}-{place}", "").strip()
        if invoice and pays:
            minor = _amount(pays, currency)
            if minor:
                found.append(Part(invoice, minor))
    return Choice(customer, tuple(found))


def _amounts(shown: Shown) -> list[int]:
    """The amounts that somebody typed for the parts of a line, one on each row. Raises Invalid."""
    typed = [row.strip() for row in request.form.get("amounts", "").splitlines() if row.strip()]
    if not typed or len(typed) > splitting.MOST_PARTS:
        raise Invalid({"amounts": say("Name the amounts of the parts, one on each row.")})
    return [_amount(row[:60], shown.line.currency) for row in typed]


def _part(word: str, currency: str) -> Part:
    invoice, sign, amount = word.rpartition("=")
    return Part(invoice, _amount(amount, currency)) if sign else Part(word)


def _amount(text: str, currency: str) -> int:
    try:
        return read_amount(text, currency, notation_of(locale(), currency))
    except NoAmount as error:
        raise Invalid({"amount": error.sentence}) from None


def _kept() -> dict[str, str]:
    """What of the list is kept after a line was decided (UX20)."""
    view, page = request.form.get("view", ""), request.form.get("page", "")
    kept = {"view": view} if view in VIEWS and view != "todo" else {}
    return {**kept, **({"page": page} if page.isascii() and page.isdigit() and page != "1" else {})}
