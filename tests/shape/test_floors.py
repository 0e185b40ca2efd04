"""Each floor uses only the floors below it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOOK = """
import pkgutil, sys
from importlib import import_module
import {package}
names = [{package!r}] + [m.name for m in pkgutil.walk_packages({package}.__path__, {package!r} + ".")]
for name in names:
    import_module(name)
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
"""


def imported_by(package: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after every module of `package`."""
    run = subprocess.run(
        [
            sys.executable,
            "-S",
            "-c",
            f"import sys; sys.path[:0] = {[str(ROOT), *sys.path]!r}\n" + LOOK.format(package=package),
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=300,
    )
    return set(run.stdout.split())


def test_rules_use_the_standard_library_only() -> None:
    """Besides it only `idna`: a table of what domains can be, as pure as any rule."""
    allowed = set(sys.stdlib_module_names) | set(sys.builtin_module_names) | {"portal", "__main__", "idna"}
    assert {name for name in imported_by("portal.rules") if not name.startswith("_")} <= allowed


@pytest.mark.parametrize(
    ("floor", "above"),
    [
        ("rules", ("db", "outside", "actions", "web", "cli")),
        ("db", ("actions", "web", "cli")),
        ("outside", ("actions", "web", "cli")),
        ("actions", ("web", "cli")),
        ("web", ("db", "cli")),
        ("cli", ("web",)),
    ],
)
def test_no_floor_names_one_above(floor: str, above: tuple[str, ...]) -> None:
    for path in (ROOT / "portal" / floor).rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        for other in above:
            for form in (f"from portal.{other}", f"import portal.{other}", f"from portal import {other}\n"):
                assert form not in source, f"{path.relative_to(ROOT)} uses portal.{other}"


def test_the_contracts_hold() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    if not command.exists():
        pytest.fail("lint-imports is not installed beside this Python")
    run = subprocess.run(
        [str(command), "--no-cache"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert run.returncode == 0, run.stdout
