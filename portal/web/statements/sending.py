"""Sending a statement by email (S7): the letter, a look at it once more (UX8), and what became of it (UX10).

One flow for customers and for staff; a `Side` says where it stands and what is different there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.actions import outbox
from portal.actions.statements import mail as statement_mail
from portal.actions.statements.mail import Draft, Letter
from portal.actions.statements.view import StatementRequest
from portal.actions.statements.work import Outcome
from portal.outside import clock
from portal.rules.errors import Conflict, Invalid
from portal.rules.outbox import MailState
from portal.rules.sentences import Sentence, say
from portal.rules.statements.words import sums_of
from portal.web.forms import add_errors, sent_key
from portal.web.frame import wants_fragment
from portal.web.guard import actor, subject
from portal.web.statements.forms import SendForm
from portal.web.statements.page import Places

LONGEST_WATCH = 30
"""So often a page asks by itself what became of a mail."""


@dataclass(frozen=True, slots=True)
class Side:
    """Where the flow stands.

    `show(name, code=200, **values)` answers with the page "send", "check" or "sent" of this side, and with its block
    "state" where htmx asks for that one; `job_url` is where a job is watched.
    """

    places: Places
    form: type[SendForm]
    show: Callable[..., ResponseReturnValue]
    job_url: Callable[[str], str]


def send(side: Side, wanted: StatementRequest, filters: Mapping[str, str]) -> ResponseReturnValue:
    """Write the letter, look at it, send it; `filters` are those that ask for the statement `wanted`."""
    draft = statement_mail.draft(actor(), subject().public_id, wanted)
    form = side.form.about(draft)
    step = request.form.get("step", "") if request.method == "POST" else "edit"
    letter = form.letter()

    def show(name: str, code: int = 200, conflict: Sentence | None = None) -> ResponseReturnValue:
        sums = sums_of(draft.statement)
        values = {"draft": draft, "sums": sums, "form": form, "letter": letter, "args": filters, "conflict": conflict}
        urls = {"send_url": side.places.to("send"), "back_url": side.places.to("view", **filters)}
        return side.show(name, code=code, **values, **urls)

    if step == "edit":
        return show("send")
    try:
        statement_mail.check_letter(actor(), subject().public_id, draft.statement, letter)
        if step != "send":
            return show("check")
        return _sent(side, _send_now(side, wanted, letter, form))
    except Invalid as error:
        add_errors(form, error)
        return show("send", 422)
    except Conflict as error:
        _look_again(form, draft)
        return show("check", 409, error.sentence)


def _look_again(form: SendForm, draft: Draft) -> None:
    """The figures have changed: the page shows those of now, and sending goes by them."""
    form.mark.data = draft.mark


def _send_now(side: Side, wanted: StatementRequest, letter: Letter, form: SendForm) -> Outcome:
    return statement_mail.send(
        actor(),
        subject().public_id,
        wanted,
        letter,
        mark=str(form.mark.data or "") or None,
        url=side.places.pattern("sent", "mail"),
        once=sent_key(),
    )


def _sent(side: Side, outcome: Outcome) -> ResponseReturnValue:
    if outcome.job:
        return redirect(side.job_url(outcome.job), 303)
    return redirect(side.places.to("sent", mail=outcome.mail), 303)


def watch(side: Side, mail: str) -> ResponseReturnValue:
    """What became of the mail (its public id); the page asks again by itself for a while."""
    state = outbox.state_of(actor(), mail)
    asked = request.args.get("asked", "0")
    number = int(asked) + 1 if asked.isdecimal() and len(asked) < 4 else 1
    watching = not state.settled and number <= LONGEST_WATCH
    values: dict[str, Any] = {
        **_words(state),
        "state": state,
        "next_url": side.places.to("sent", mail=mail, asked=number) if watching else "",
        "in_place": wants_fragment(),
    }
    return side.show("sent", **values)


def _words(state: MailState) -> dict[str, Sentence]:
    sentence = state.sentence(clock.now())
    return {"sentence": sentence, "spoken": say("{state}. {sentence}", state=state.label, sentence=sentence)}
