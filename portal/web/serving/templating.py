"""How templates are set up: the components that every one of them can call, and the words for what is stored."""

from __future__ import annotations

import threading
from collections.abc import Callable, MutableMapping
from typing import Any

from flask import Flask
from flask.templating import Environment

from portal.web import wording

COMPONENTS = "components/"


class ComponentEnvironment(Environment):
    """Every macro of `templates/components/` is a global of every template, under its own name.

    They are compiled when the first template is asked for, so that a command that draws nothing does not wait for it;
    whoever asks for another meanwhile waits.
    Templates without globals of their own use those of the environment as they are: Jinja would lay an empty map over
    them and look each name up twice.
    """

    _ready = _adding = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._first = threading.RLock()
        super().__init__(*args, **kwargs)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        if not self._ready:
            with self._first:
                self._add_components()
        return super().make_globals(d) if d else self.globals

    def _add_components(self) -> None:
        """Once; components ask for each other's globals while this is under way, in the same thread."""
        if self._ready or self._adding:
            return
        self._adding = True
        try:
            self._compile_components()
            self._ready = True
        finally:
            self._adding = False

    def _compile_components(self) -> None:
        for name in self.list_templates(filter_func=lambda name: name.startswith(COMPONENTS)):
            # Shared: a component finds the others, whichever of them was compiled first.
            module = self.get_template(name).make_module(self.globals, shared=True)
            for word, macro in vars(module).items():
                if callable(macro) and not word.startswith("_"):
                    self._add(word, macro, name)

    def _add(self, word: str, macro: Callable[..., Any], name: str) -> None:
        if word in self.globals:
            raise RuntimeError(f"templates/{name} has a macro “{word}”, which is a global of templates already.")
        self.globals[word] = macro


def register(app: Flask) -> None:
    """Set up templates; before anything else asks for the environment, which is made once."""
    app.jinja_environment = ComponentEnvironment
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    for filter_ in (wording.kind_word, wording.period_word):
        app.add_template_filter(filter_)
