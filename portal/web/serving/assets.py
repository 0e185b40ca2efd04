"""Our own static files and htmx, at addresses that change with their content, so that browsers keep them for a year."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, current_app, request, send_file, url_for
from werkzeug.wrappers import Response

from portal.web.guard import public

bp = Blueprint("assets", __name__)
ONE_YEAR = 365 * 24 * 3600
ONE_HOUR = 3600
LASTING_ENDPOINTS = frozenset({"static", "bootstrap.static", "assets.htmx"})


@bp.get("/assets/htmx.min.js")
@public
def htmx() -> Response:
    """The htmx that the installed package carries."""
    return send_file(htmx_file(), mimetype="text/javascript", conditional=True)


@bp.app_template_global()
def asset(name: str) -> str:
    """The address of a file in `static/`, with its version. Raises FileNotFoundError for a file that is not there."""
    return url_for("static", filename=name, v=_version(_file(str(current_app.static_folder), name)))


def htmx_url() -> str:
    """The address of htmx, with its version."""
    return url_for("assets.htmx", v=_version(htmx_file()))


@lru_cache(maxsize=1)
def htmx_file() -> Path:
    """Where the installed package keeps htmx 2. The package is found, not imported: it would pull in Django."""
    package = find_spec("django_htmx")
    if package is None or package.origin is None:
        raise RuntimeError("htmx comes with the package django-htmx, which is not installed; run `make setup`")
    return Path(package.origin).parent / "static" / "django_htmx" / "htmx-2.min.js"


@bp.after_app_request
def keep(response: Response) -> Response:
    """A versioned address may be kept for a year, another for an hour."""
    if request.endpoint in LASTING_ENDPOINTS and response.status_code in (200, 304):
        lasting = "v" in request.args
        response.headers["Cache-Control"] = (
            f"public, max-age={ONE_YEAR}, immutable" if lasting else f"public, max-age={ONE_HOUR}"
        )
    return response


@lru_cache(maxsize=64)
def _file(folder: str, name: str) -> Path:
    return Path(folder) / name


def _version(path: Path) -> str:
    """Twelve hexadecimal digits of the content's hash, counted again when the file changes."""
    return _hashed(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _hashed(path: Path, changed_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
