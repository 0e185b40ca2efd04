"""Deeds that are looked at before they are done: fields, what they come to, and a button that does it (UX8, UX9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.rules.errors import Conflict, Invalid, Reason, Refused
from portal.rules.sentences import NOTHING, Sentence
from portal.web.forms import PortalForm, add_errors, sent_mark
from portal.web.remedies import linked
from portal.web.telling import tell_done


class Effect(Protocol):
    """What a deed does, or has done, to the thing that `public_id` names."""

    @property
    def headline(self) -> Sentence: ...

    @property
    def public_id(self) -> str: ...


Done = TypeVar("Done", bound=Effect)

Url = Callable[..., str]
"""The address of a page of a room by its name, such as "view", and what it is about."""
Draw = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True)
class DeedPage(Generic[Done]):
    """A deed with its page. `names` are the fields that are filled in, none where it is looked at straight away.

    `foresee` says what it comes to, None where that cannot be said, and what stands against it; `carry_out` does it as
    long as that is still what the mark stands for. `keep` is what the link says that leaves everything as it is.
    """

    title: Any
    url: str
    back: str
    button: Callable[[Done], Sentence]
    foresee: Callable[[], tuple[Done | None, Sequence[Reason]]]
    carry_out: Callable[[str], Done]
    form: PortalForm
    names: tuple[str, ...] = ()
    hints: dict[str, Any] = field(default_factory=dict)
    lede: Any = ""
    warning: bool = False
    keep: Any = ""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """The fields of the form by what the action calls them, where that differs."""


def answered(deed: DeedPage[Done], view: Callable[[str], str], draw: Draw) -> ResponseReturnValue:
    """The fields, what they come to, and the deed itself once that was looked at; then the page of what it was done to,
    whose address `view` gives.
    """
    if request.method == "GET":
        return _drawn(deed, draw, look=not deed.names)
    if not deed.form.validate_on_submit():
        return _drawn(deed, draw, code=422)
    try:
        if request.form.get("step") != "do":
            return _drawn(deed, draw, look=True)
        done = deed.carry_out(sent_mark())
    except Invalid as error:
        add_errors(deed.form, error, **deed.renamed)
        return _drawn(deed, draw, code=422)
    except Refused as error:
        return _drawn(deed, draw, reasons=error.reasons, code=409)
    except Conflict as error:
        return _drawn(deed, draw, look=True, conflict=error.sentence, code=409)
    tell_done(done.headline)
    return redirect(view(done.public_id), 303)


def _drawn(
    deed: DeedPage[Done],
    draw: Draw,
    *,
    look: bool = False,
    reasons: Sequence[Reason] = (),
    conflict: Sentence = NOTHING,
    code: int = 200,
) -> ResponseReturnValue:
    effect = None
    if look:
        try:
            effect, reasons = deed.foresee()
        except Invalid as error:
            add_errors(deed.form, error, **deed.renamed)
            code = 422
    if reasons and code == 200 and request.method == "POST":
        code = 409
    button = deed.button(effect) if effect is not None and not reasons else NOTHING
    values = {"deed": deed, "form": deed.form, "effect": effect, "reasons": linked(reasons), "conflict": conflict}
    return draw({**values, "button": button}), code
