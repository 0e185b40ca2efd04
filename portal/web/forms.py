"""What all forms share: reading what was sent or stands in an address, choices, and errors beside their fields."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeVar

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from wtforms import Form
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from portal.rules.errors import Invalid
from portal.rules.sentences import say
from portal.web import figures
from portal.web.figures import Shown
from portal.web.guard import actor
from portal.web.logins import stale

Member = TypeVar("Member", bound=StrEnum)


class PortalForm(FlaskForm):
    """What every form is: it holds what was typed before its sender had to sign in again (I2)."""

    class Meta(FlaskForm.Meta):
        """How a form gets what was sent."""

        def wrap_formdata(self, form: Form, formdata: Any) -> Any:
            """What was sent, or for a page that is only drawn what was typed into it before."""
            return super().wrap_formdata(form, formdata) or stale.typed() if formdata is _Auto else formdata


def options(pairs: Iterable[tuple[str, Shown]]) -> list[SelectChoice]:
    """Values and their labels as a field takes them."""
    return [SelectChoice(value, label) for value, label in pairs]


def add_errors(form: Form, error: Invalid, **renamed: str) -> None:
    """Put an action's sentences beside the fields they are about, and the others above the form.

    `renamed` gives a form's field for the action's name of it, where they differ.
    """
    for name, sentences in error.fields.items():
        field, texts = renamed.get(name, name), [figures.text(one) for one in sentences]
        if field in form:
            form[field].errors = [*form[field].errors, *texts]
        else:
            form.form_errors.extend(texts)


def sent_key() -> str | None:
    """The idempotency key of the form that was sent, this person's alone, so that a double click has one effect."""
    key = request.form.get("idempotency_key", "")[:60]
    return f"{actor().login_id}:{key}" if key else None


def sent_number(name: str) -> int:
    """A whole number that a form carries hidden; 0 for anything else, which is no version of anything."""
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def sent_mark() -> str:
    """The mark of the preview that was shown before this form was sent; "" where none was."""
    return request.form.get("mark", "")[:100]


def chosen(kind: type[Member], name: str) -> Member | None:
    """A filter in the address that is one of an enumeration's values; None when it is empty. Raises Invalid."""
    text = request.values.get(name, "")
    if not text:
        return None
    if text not in {member.value for member in kind}:
        raise Invalid({name: say("“{text}” is not something to choose for {name}.", text=text[:40], name=name)})
    return kind(text)
