"""The language that texts are written in.

Dates and amounts follow the locale of whoever reads; texts follow it as far as there is a catalogue for it in
`portal/translations/`, and are English otherwise.
"""

from __future__ import annotations

from babel import Locale
from babel.support import NullTranslations
from flask import g
from flask_babel import get_locale, get_translations
from jinja2 import Environment

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
    environment.globals |= {"language_tag": language_tag, "direction": direction}


def _text(text: str) -> str:
    return str(_catalogue().gettext(text))


def _counted(one: str, many: str, count: int) -> str:
    return str(_catalogue().ngettext(one, many, count))


def _catalogue() -> NullTranslations:
    """The catalogue of the locale of now, looked up once for each: a page has hundreds of texts."""
    locale = get_locale()
    if locale is None:
        return NullTranslations()
    kept: tuple[Locale, NullTranslations] | None = g.get("catalogue")
    if kept is None or kept[0] is not locale:
        kept = g.catalogue = locale, get_translations()
    return kept[1]
