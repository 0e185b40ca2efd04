"""Saying what the columns of a bank's CSV are, when a file comes whose headings nobody has named yet (F16)."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.bank import importing, uploading
from portal.actions.bank.uploading import Sent
from portal.rules.bank.files import Entry
from portal.rules.bank.mappings import FIELDS, PATTERNS
from portal.rules.errors import Invalid, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say
from portal.web.figures import Shown
from portal.web.forms import sent_key, sent_number
from portal.web.guard import actor, needs
from portal.web.staff.bank import bp, index, taken

LABELS: dict[str, Sentence] = {
    "date": say("Date"),
    "amount": say("Amount"),
    "credit": say("Money in"),
    "debit": say("Money out"),
    "value_date": say("Value date"),
    "balance": say("Balance after it"),
    "name": say("Name of the payer"),
    "iban": say("Account of the payer"),
    "reference": say("Reference"),
    "text": say("Text"),
    "bank_reference": say("Number the bank gives it"),
}
FIRST = ("date", "amount", "credit", "debit", "name", "iban", "reference", "text")
"""The columns that are asked for before the others."""
ORDER = (*FIRST, *(field for field in FIELDS if field not in FIRST))


@bp.route("/columns", methods=["GET", "POST"])
@needs(Permission.FINANCE_POST)
def columns() -> ResponseReturnValue:
    """Choose what each column holds, see how the first lines are read then, and take the file in."""
    if "file" not in request.values:
        return index()
    sent = Sent(request.values["file"][:64], request.values.get("called", "")[:200], _size())
    partner = request.values.get("partner") or None
    if request.method == "GET":
        return _page(sent, {**uploading.columns(actor(), sent).guess}, "", partner)
    given = {key: text for key in (*FIELDS, "account", "dates", "decimal") if (text := request.form.get(key, ""))}
    name = " ".join(request.form.get("title", "").split())
    try:
        found = uploading.try_mapping(actor(), sent, name, given, partner)
        if request.form.get("step") != "take":
            return _page(sent, given, name, partner, found=found)
        importing.save_mapping(actor(), name, given, partner=partner)
        return taken(sent, partner, name, once=sent_key())
    except Invalid as error:
        return _page(sent, given, name, partner, *error.sentences, code=422)
    except Refused as error:
        return _page(sent, given, name, partner, *error.sentences, code=409)


def _size() -> int:
    if request.method == "POST":
        return sent_number("size")
    text = request.args.get("size", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _page(
    sent: Sent,
    given: dict[str, str],
    name: str,
    partner: str | None,
    *wrong: Shown,
    found: list[Entry] | None = None,
    code: int = 200,
) -> ResponseReturnValue:
    table = uploading.columns(actor(), sent)
    choices = [("", say("None")), *((heading, heading) for heading in table.headings)]
    values: dict[str, Any] = {
        "sent": sent,
        "table": table,
        "given": given,
        "name": name,
        "partner": partner or "",
        "fields": [(field, LABELS[field], choices) for field in ORDER],
        "dates": [(one, one) for one in PATTERNS],
        "found": found,
        "currency": uploading.currency_of(actor(), partner),
        "wrong": wrong,
        "url": url_for("staff_bank.columns"),
    }
    return render_template("staff/bank/columns.html", **values), code
