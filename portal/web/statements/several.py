"""Statements of several accounts at once, as one ZIP or one mail each (S5). One flow for customers and for staff."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from portal.actions.statements import several as actions
from portal.actions.statements import view as statements
from portal.actions.statements.several import MOST_MAILS, WHOLE, Several
from portal.rules.errors import Invalid, Reason, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.addresses import address, page
from portal.web.fields import DayField
from portal.web.forms import PortalForm, add_errors, sent_key
from portal.web.guard import actor, may, needs, subject
from portal.web.remedies import linked
from portal.web.statements.forms import SELECT_UP_TO, quick_periods
from portal.web.statements.pages import bp


class SeveralForm(PortalForm):
    """Which days; the page draws the accounts itself."""

    first = DayField(_("From"), missing=_("Enter the first day of the statement."))
    last = DayField(_("To"), missing=_("Enter the last day of the statement."))


@page(bp, "/statements/several")
@needs(Permission.STATEMENTS_VIEW)
def several() -> ResponseReturnValue:
    """Which accounts, and which days: the last month without any."""
    return flow(_show, address("statements.several"), address("statements.view"), _file_url(), _watch)


@page(bp, "/statements/several", methods=("POST",))
@needs(Permission.STATEMENTS_VIEW)
def make_several() -> ResponseReturnValue:
    """Start making them, or look once more at who gets which (UX8)."""
    return flow(_show, address("statements.several"), address("statements.view"), _file_url(), _watch)


def _show(name: str, code: int, **values: Any) -> ResponseReturnValue:
    return render_template(f"statements/{name}.html", **values), code


def _watch(job: str) -> str:
    return url_for("jobs.view", job=job)


def _file_url() -> str:
    return address("statements.file", job="0" * 20).replace("0" * 20, "{job}")


def flow(
    show: Callable[..., ResponseReturnValue], url: str, back_url: str, file_url: str, watch: Callable[[str], str]
) -> ResponseReturnValue:
    """The form, the check and the start of the work. `show(name, code, **values)` draws "several", "several_check"."""
    form = SeveralForm()
    month = quick_periods(statements.today_for(subject()))[1]
    if request.method == "GET":
        form.first.data, form.last.data = month.first, month.last
    may_send = actor().is_staff or may(Permission.STATEMENTS_SEND)
    sent, every = [one[:20] for one in request.form.getlist("account")], request.form.get("every") == "1"
    choices = statements.choices(actor(), subject(), limit=SELECT_UP_TO + 1)

    def again(code: int, reasons: Sequence[Reason] = ()) -> ResponseReturnValue:
        ticked = set(sent) if request.method == "POST" else {WHOLE, *(one.public_id for one in choices)}
        values = {"form": form, "choices": choices, "many": len(choices) > SELECT_UP_TO, "ticked": ticked}
        return show(
            "several",
            code,
            **values,
            whole=WHOLE,
            every=every,
            url=url,
            back_url=back_url,
            may_send=may_send,
            reasons=linked(reasons),
        )

    if request.method == "GET" or request.form.get("step") == "edit":
        return again(200)
    if not form.validate_on_submit():
        return again(422)
    try:
        wanted = Several(form.first.data, form.last.data, actions.chosen_of(sent, every))
        if request.form.get("do") == "zip":
            return redirect(
                watch(actions.start_zip(actor(), subject().public_id, wanted, url=file_url, once=sent_key())), 303
            )
        if request.form.get("step") == "send":
            return redirect(watch(actions.start_mails(actor(), subject().public_id, wanted, once=sent_key())), 303)
        found = actions.foresee(actor(), subject().public_id, wanted)
    except Invalid as error:
        add_errors(form, error, **{"from": "first", "to": "last"})
        return again(422)
    except Refused as error:
        return again(409, error.reasons)
    count = sum(bool(one.addresses) for one in found)
    return show(
        "several_check",
        200,
        found=found,
        period=actions.period_of(wanted),
        fields=[("first", form.first.text), ("last", form.last.text), *(("account", one.account) for one in found)],
        url=url,
        most=MOST_MAILS,
        button=say("Send {count} statement", "Send {count} statements", count=count),
    )
