"""Links in bulk: choose a file, read what each line would do, carry it out (L18)."""

from __future__ import annotations

import csv
import io
from typing import Any, BinaryIO, cast

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.links import files as actions
from portal.actions.links.files import Checked, Sent
from portal.outside.sheets.writing import BOM, safe_text
from portal.rules.errors import Conflict, Invalid, Missing
from portal.rules.imports import Action
from portal.rules.links.facts import BillingMode
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web import figures
from portal.web.figures import Shown
from portal.web.forms import chosen, sent_key, sent_mark, sent_number
from portal.web.guard import actor, needs
from portal.web.listing import page_number
from portal.web.serving.downloads import attached
from portal.web.telling import tell

bp = Blueprint("staff_links", __name__, url_prefix="/staff/links")

PART_OF = "staff_links", "staff_customers"
MOST_TICKED = 200
"""So many customers are ticked at once at most: more than stand on a page."""

CSV_COLUMNS = ("line", "outcome", "column", "what", "remedy", "rule")
PLACEHOLDER = "0" * 20
"""Stands in an address for the job's public id, which is not known yet."""


@bp.route("/import", methods=["GET", "POST"])
@needs(Permission.SUB_ACCOUNTS_LINK)
def upload() -> ResponseReturnValue:
    """Choose a file, and see what it would do. A long one is checked in the background (UX11)."""
    if request.method == "GET":
        return _upload_page()
    file = request.files.get("file")
    if file is None or not file.filename:
        return _upload_page(say("Choose a file."))
    try:
        sent = actions.receive(actor(), cast(BinaryIO, file.stream), file.filename)
    except Invalid as error:
        return _upload_page(*error.fields.get("file", []))
    if not sent.long:
        return _report(actions.check(actor(), sent))
    url = url_for("staff_links.report", job=PLACEHOLDER).replace(PLACEHOLDER, "{job}")
    return _watch(actions.start_check(actor(), sent, url=url, once=sent_key()))


@bp.get("/import/<public_id:job>")
@needs(Permission.SUB_ACCOUNTS_LINK)
def report(job: str) -> ResponseReturnValue:
    """What the check of a long file found, some lines at a time."""
    found = actions.report(actor(), job, problem_page=page_number("problems"), line_page=page_number())
    return _report(found, code=200, job=job)


@bp.get("/import/<public_id:job>.csv")
@needs(Permission.SUB_ACCOUNTS_LINK)
def report_csv(job: str) -> ResponseReturnValue:
    """All that the check of a long file found, by line, as CSV; no cell is read as a formula (SEC46)."""
    found, lines = actions.whole_report(actor(), job)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(CSV_COLUMNS)
    for one, in_the_way in lines:
        outcome = "problem" if in_the_way else "change" if one.changes else "none"
        texts = (one.column, one.text, one.remedy, one.rule)
        writer.writerow([one.line or "", outcome, *map(safe_text, texts)])
    name = f"{figures.text(say('check of {name}', name=found.sent.name.removesuffix('.csv')))}.csv"
    return attached([(BOM + out.getvalue()).encode()], name, "text/csv; charset=utf-8")


@bp.post("/import/carry-out")
@needs(Permission.SUB_ACCOUNTS_LINK)
def carry_out() -> ResponseReturnValue:
    """Do what the check showed: all of it, or nothing when the books have changed."""
    name = actions.called(request.form.get("name", ""))
    sent = Sent(request.form.get("file", "")[:64], name, sent_number("lines"))
    if sent.long:
        again = url_for("staff_links.upload")
        return _watch(actions.start(actor(), sent, mark=sent_mark(), url=again, once=sent_key()))
    try:
        done, found = actions.carry_out(actor(), sent, mark=sent_mark(), once=sent_key())
    except Conflict:
        conflict = say("The books have changed since you looked, so nothing was carried out.")
        return _report(actions.check(actor(), sent), code=409, conflict=conflict)
    if found.problem_count:
        conflict = say("The books have changed since you looked, so nothing was carried out.")
        return _report(found, code=409, conflict=conflict)
    done_text = say(
        "One change of {file} carried out.", "{count} changes of {file} carried out.", count=done, file=sent.name
    )
    tell(done_text)
    return redirect(url_for("staff_customers.search" if request.form.get("ticked") else "staff_links.upload"), 303)


@bp.post("/ticked")
@needs(Permission.SUB_ACCOUNTS_LINK)
def ticked() -> ResponseReturnValue:
    """Show what linking, unlinking or another billing mode would do to each of the customers that were ticked (O9)."""
    action = chosen(Action, "action")
    mode = chosen(BillingMode, "mode")
    some = request.form.getlist("ticked")[:MOST_TICKED]
    main = request.form.get("main", "")
    if action is None or not some or (action is not Action.UNLINK and mode is None):
        raise Missing()
    if action is Action.LINK and not main:
        raise Missing()
    sent = actions.compose(actor(), some, action, mode=None if action is Action.UNLINK else mode, main=main)
    return _report(actions.check(actor(), sent))


@bp.get("/import/template.csv")
@needs(Permission.SUB_ACCOUNTS_LINK)
def template() -> ResponseReturnValue:
    """A file to begin with."""
    response = Response(actions.TEMPLATE, mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=links.csv"
    return response


def _upload_page(*wrong: Shown) -> ResponseReturnValue:
    values: dict[str, Any] = {"wrong": wrong, "most": actions.MOST_LINES, "at_once": actions.AT_ONCE}
    return render_template("staff/links/upload.html", **values), 422 if wrong else 200


def _report(found: Checked, *, code: int = 0, conflict: Sentence = NOTHING, job: str = "") -> ResponseReturnValue:
    """What was found; the report of a `job` is long, so that it has pages."""
    code = code or (422 if found.problem_count else 200)
    values: dict[str, Any] = {
        "found": found,
        "conflict": conflict,
        "ticked": bool(request.form.get("ticked")),
        "button": say("Carry out one change", "Carry out {count} changes", count=found.changes),
        "csv_url": url_for("staff_links.report_csv", job=job) if job else "",
        "problem_pages": _pages(job, "problems", found.problem_page, found.problem_count),
        "line_pages": _pages(job, "page", found.line_page, found.line_count),
    }
    return render_template("staff/links/report.html", **values), code


def _pages(job: str, name: str, page: int, count: int) -> tuple[int, int, int, str, str] | None:
    """First and last on this page, all there are, the addresses of the pages before and after; None for one page."""
    size = actions.PAGE_SIZE
    if not job or count <= size:
        return None

    def url(number: int) -> str:
        kept = {one: value for one, value in request.args.items() if one in ("page", "problems")}
        values: dict[str, Any] = {**kept, name: number, "job": job}
        return url_for("staff_links.report", **values)

    earlier, later = page > 1, page * size < count
    first, last = (page - 1) * size + 1, min(page * size, count)
    return first, last, count, url(page - 1) if earlier else "", url(page + 1) if later else ""


def _watch(job: str) -> ResponseReturnValue:
    return redirect(url_for("staff_outbox.job", job=job), 303)
