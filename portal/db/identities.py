"""Texts that were kept as two different ones and look the same (SEC60): named here, and never merged by a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import String, or_, select, type_coerce

from portal.db.doctor import Check
from portal.db.doctor.reading import SHOWN
from portal.db.engine import db, is_sqlite
from portal.db.tables import Customer, CustomerGroup, Login, Partner
from portal.rules import texts
from portal.rules.sentences import Sentence, say


def doubles() -> list[Sentence]:
    """Every address that signs in, number and partner's name stands in the form in which it is looked for."""
    found = [_sentence(*one) for one in _KINDS]
    return [sentence for sentences in found for sentence in sentences]


def _sentence(column: Any, form: Callable[[str], str], told: Callable[[str, str], Sentence]) -> list[Sentence]:
    stored = type_coerce(column, String)
    odd = stored.op("GLOB")("*[^ -~]*") if is_sqlite() else stored.op("~")(r"[^\x20-\x7e]")
    spaced = [stored.like(pattern) for pattern in (" %", "% ", "%  %", "%xn--%")]
    maybe = select(stored).where(or_(odd, *spaced))
    sentences = [told(text, form(text)) for text in db.session.scalars(maybe.order_by(stored)) if text != form(text)]
    more = [say("There are more of the same kind.")] if len(sentences) > SHOWN else []
    return [*sentences[:SHOWN], *more]


def _login(text: str, form: str) -> Sentence:
    return say(
        "{text} is kept in another form than {form}, so nobody can sign in with it. If there is a login with each, they"
        " are one address: disable this one, and invite its person with an address of their own.",
        text=_spelt(text),
        form=form,
    )


def _number(text: str, form: str) -> Sentence:
    return say(
        "The customer number {text} is kept in another form than “{form}”, which another customer may have. It is not"
        " found by its number: look for its name, and see whether the two are one customer.",
        text=_spelt(text),
        form=form,
    )


def _partner(text: str, form: str) -> Sentence:
    return say(
        "The partner {text} looks the same as “{form}”. Give one of them another name in Config.",
        text=_spelt(text),
        form=form,
    )


def _group(text: str, form: str) -> Sentence:
    return say(
        "The group key {text} is kept in another form than “{form}”, which another group may have. Imports do not find"
        " it.",
        text=_spelt(text),
        form=form,
    )


def _spelt(text: str) -> str:
    """A text with what cannot be seen in it spelt out."""
    return ascii(text)


_KINDS = (
    (Login.email, texts.email_key, _login),
    (Customer.external_id, texts.identifier, _number),
    (CustomerGroup.external_id, texts.identifier, _group),
    (Partner.name, texts.name, _partner),
)

CHECKS = (Check(145, say("What looks the same is kept once"), doubles),)
