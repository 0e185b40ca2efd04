"""Finding what the modules of a package declare, so that something new registers itself beside its own code."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any


@cache
def modules(package: str) -> tuple[ModuleType, ...]:
    """Every module below a package, imported, in the order of their names."""
    root = import_module(package)
    names = sorted(found.name for found in pkgutil.walk_packages(root.__path__, f"{package}."))
    return tuple(import_module(name) for name in names)


def declared(package: str, name: str) -> Iterator[Any]:
    """The values that modules below `package` give the name; a name that was only imported counts once."""
    seen: set[int] = set()
    for module in modules(package):
        value = vars(module).get(name)
        if value is not None and id(value) not in seen:
            seen.add(id(value))
            yield value
