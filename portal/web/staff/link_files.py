"""Links in bulk: choose a file, read what each line would do, carry it out (L18)."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions import link_files as actions
from portal.actions.link_files import Checked, Sent
from portal.rules.errors import Conflict, Invalid
from portal.rules.imports import SHOWN
from portal.rules.permissions import Permission
from portal.web.guard import actor, needs
from portal.web.sent import sent_number
from portal.web.staff.forms import sent_key, sent_mark

bp = Blueprint("staff_links", __name__, url_prefix="/staff/links")
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
        return _upload_page("Choose a file.")
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
    """What the check of a long file found."""
    return _report(actions.report(actor(), job), code=200)


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
        conflict = "The books have changed since you looked, so nothing was carried out."
        return _report(actions.check(actor(), sent), code=409, conflict=conflict)
    if found.problem_count:
        conflict = "The books have changed since you looked, so nothing was carried out."
        return _report(found, code=409, conflict=conflict)
    flash(f"{actions.changes(done)} of {sent.name} carried out.", "success")
    return redirect(url_for("staff_links.upload"), 303)


@bp.get("/import/template.csv")
@needs(Permission.SUB_ACCOUNTS_LINK)
def template() -> ResponseReturnValue:
    """A file to begin with."""
    response = Response(actions.TEMPLATE, mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=links.csv"
    return response


def _upload_page(*wrong: str) -> ResponseReturnValue:
    values: dict[str, Any] = {"wrong": wrong, "most": actions.MOST_LINES, "at_once": actions.AT_ONCE}
    return render_template("staff/links/upload.html", **values), 422 if wrong else 200


def _report(found: Checked, *, code: int = 0, conflict: str = "") -> ResponseReturnValue:
    code = code or (422 if found.problem_count else 200)
    count = actions.changes(found.changes)
    button = f"Carry out {count[:1].lower()}{count[1:]}"
    return render_template("staff/links/report.html", found=found, conflict=conflict, button=button, most=SHOWN), code


def _watch(job: str) -> ResponseReturnValue:
    return redirect(url_for("staff_outbox.job", job=job), 303)
