"""Running commands in tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import Result
from flask import Flask


def run(app: Flask, *arguments: str | Path, code: int = 0) -> Result:
    """Run `flask …`; fail when it does not exit with `code`, or with a traceback."""
    result = app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])
    assert result.exit_code == code, result.output + result.stderr
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def answer(app: Flask, *arguments: str | Path, code: int = 0) -> Any:
    """Run `flask … --json`; what it printed on standard output."""
    return json.loads(run(app, *arguments, "--json", code=code).stdout)
