"""How texts are taken out of our Python for translators: by its syntax, so that nothing but a whole text is taken."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from io import BufferedIOBase
from typing import Any


def python(
    source: BufferedIOBase, keywords: Collection[str], _comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, str, tuple[str, ...], list[str]]]:
    """Every call of a keyword with its first texts, as Babel wants them: line, function, texts, comments.

    `say` with one text is called `say_one`, since one keyword stands for one form only.
    """
    for node in ast.walk(ast.parse(source.read())):
        name = _name(node.func) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name in {*keywords, "say"} and (texts := _texts(node)):
            found = "say_one" if name == "say" and len(texts) == 1 else name
            yield node.lineno, found, tuple(texts), []


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _texts(call: ast.Call) -> list[str]:
    """The texts that a call begins with."""
    texts = []
    for argument in call.args[:2]:
        if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
            break
        texts.append(argument.value)
    return texts
