"""What every test's application would compile again, compiled once: a test needs a new one, but no new templates."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


class Templates(BytecodeCache):
    """The code of templates, as long as their sources stay as they are."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._code[bucket.key, bucket.checksum] = bucket.code


TEMPLATES = Templates()


def share(app: Flask) -> Flask:
    """Let `app` use the templates that others have compiled. All of them compile in the same way."""
    app.jinja_env.bytecode_cache = TEMPLATES
    return app


def compile_routes_when_used() -> None:
    """Most of the time that an application takes to start goes into functions for addresses that no test asks for."""
    compiled: Callable[..., Callable[..., Any]] = Rule._compile_builder

    def later(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        build = functools.cache(lambda: compiled(rule, append_unknown))
        return lambda *args, **values: build()(*args, **values)

    Rule._compile_builder = later  # type: ignore[method-assign]
