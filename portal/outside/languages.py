"""The language that texts are written in.

Dates and amounts follow the locale of whoever reads; texts follow it as far as there is a catalogue for it in
`portal/translations/`, and are English otherwise.
"""

from __future__ import annotations

from functools import lru_cache

from babel import Locale
from babel.support import NullTranslations
from flask import g, has_app_context
from flask_babel import get_locale, get_translations
from jinja2 import Environment, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

ENGLISH = Locale("en")
_ABOUT = ""
"""A catalogue answers this message with its own description."""


def language() -> Locale:
    """The language of the texts of this request or mail."""
    found: Locale | None = get_locale()
    return found if found is not None and get_translations().gettext(_ABOUT) else ENGLISH


def language_tag() -> str:
    """The language as HTML names it."""
    return language().language


def direction() -> str:
    """How lines of this language run: "ltr" or "rtl"."""
    return language().text_direction


def add_to(environment: Environment) -> None:
    """Let the templates of `environment` say their texts in this language."""
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(_text, _counted, newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {"gettext": _said, "_": _said, "language_tag": language_tag, "direction": direction}


@pass_eval_context
def _said(context: EvalContext, text: str, /, **values: object) -> str:
    """A text of a template, with its values. A page has hundreds of them, most without a value."""
    said = _safe(_catalogue(), text) if context.autoescape else _text(text)
    return said % values if values or "%" in said else said


@lru_cache(maxsize=10_000)
def _safe(catalogue: NullTranslations, text: str) -> Markup:
    return Markup(catalogue.gettext(text))  # noqa: S704


def _text(text: str) -> str:
    return str(_catalogue().gettext(text))


def _counted(one: str, many: str, count: int) -> str:
    return str(_catalogue().ngettext(one, many, count))


def _catalogue() -> NullTranslations:
    """The catalogue of the locale of now, looked up once for each request or mail."""
    if not has_app_context():
        return NullTranslations()
    kept: NullTranslations | None = g.get("catalogue")
    if kept is None:
        kept = g.catalogue = get_translations()
    return kept
