"""The language that texts are written in.

Dates and amounts follow the locale of whoever reads; texts follow it as far as there is a catalogue for it in
`portal/translations/`, and are English otherwise.
"""

from __future__ import annotations

from babel import Locale
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
    """Let the templates of an environment of our own say their texts as those of the application do."""
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: get_translations().gettext(text),
        lambda one, many, count: get_translations().ngettext(one, many, count),
        newstyle=True,
    )
    environment.globals |= {"language_tag": language_tag, "direction": direction}
