"""How templates are set up, and what spares them work that every page would do again."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from functools import lru_cache
from typing import Any

from flask import Flask
from flask.templating import Environment


class SharedGlobals(Environment):
    """Templates without globals of their own use those of the environment as they are.

    Jinja lays an empty map over them, and each import in each page then looks up every name in both: with twenty
    components to a page that took a millisecond.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


def register(app: Flask) -> None:
    """Set up templates; before anything else asks for the environment, which is made once."""
    app.jinja_environment = SharedGlobals
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.add_template_global(kept)


def kept(macro: Callable[..., Any]) -> Callable[..., Any]:
    """A macro that remembers what it drew, for one that looks at nothing but its arguments, such as an icon.

    Text that is HTML already is another argument than the same text that is not.
    """
    return lru_cache(maxsize=2048, typed=True)(macro)
