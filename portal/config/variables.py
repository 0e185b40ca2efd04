"""Where settings come from: the process's environment, the file `.env`, and files that hold secrets."""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from dotenv import dotenv_values

from portal.config.values import ROOT, BadSetting

PREFIX = "PORTAL_"
TEST_PREFIX = "PORTAL_TEST_"

SECRETS = frozenset(
    f"{PREFIX}{name}"
    for name in (
        "DATABASE_URL",
        "DEMO_PASSWORD",
        "IMAP_URL",
        "MAIL_URL",
        "METRICS_TOKEN",
        "REDIS_URL",
        "SECRET_KEY",
        "SMS_URL",
    )
)
"""Settings whose value may stand in a file instead, named by the same variable with _FILE at its end."""


def read(environ: Mapping[str, str] | None, names: Collection[str]) -> dict[str, str]:
    """Our variables that hold anything, from `environ` or else from the process; `names` are those there are.

    Raises BadSetting for a name that no setting has, because a slip must not pass, and for a file that cannot be read.
    """
    given = _process_environment() if environ is None else environ
    ours = {name for name in given if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX)}
    known = {*names, *(f"{name}_FILE" for name in SECRETS)}
    for name in sorted(ours - known):
        close = difflib.get_close_matches(name, known, n=1)
        raise BadSetting(name, "no such setting." + (f" Did you mean {close[0]}?" if close else ""))
    return _with_files({name: given[name].strip() for name in ours if given[name].strip()})


def _process_environment() -> dict[str, str]:
    """The process's environment over what `.env` in the portal's folder says."""
    from_file = dotenv_values(ROOT / ".env", interpolate=False)
    return {name: value for name, value in from_file.items() if value is not None} | dict(os.environ)


def _with_files(values: Mapping[str, str]) -> dict[str, str]:
    """Put in what NAME_FILE points at, for the settings that hold secrets."""
    filled = dict(values)
    for name in sorted(SECRETS):
        path = filled.pop(f"{name}_FILE", None)
        if path is not None and name in values:
            raise BadSetting(f"{name}_FILE", f"is set beside {name}; keep one of the two.")
        if path is not None:
            filled[name] = _content(f"{name}_FILE", path)
    return filled


def _content(name: str, path: str) -> str:
    try:
        content = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "not UTF-8 text")
        raise BadSetting(name, f"cannot read {path} ({reason}).") from error
    if not content:
        raise BadSetting(name, f"{path} is empty.")
    return content
