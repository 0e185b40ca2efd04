"""Our own static files and those that come with packages, at addresses that change with their content.

They are answered in front of Flask: no session is looked at, and nothing tells two people's answers apart but what
their browsers can unpack. So browsers keep them for a year without asking again.
"""

from __future__ import annotations

import contextlib
import hashlib
import mimetypes
import os
import tempfile
from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Request, Response

from portal.config import ROOT, Settings
from portal.web.serving.compression import ENCODINGS, Encoding, chosen
from portal.web.serving.headers import common_headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/assets/"
ONE_YEAR = 365 * 24 * 3600
OURS = ROOT / "static"
PACKAGED = {
    "bootstrap.min.css": ("flask_bootstrap", "static/bootstrap5/css/bootstrap.min.css"),
    "htmx.min.js": ("django_htmx", "static/django_htmx/htmx-2.min.js"),
}
"""Files of installed packages, which are found, not imported: the one with htmx would pull in Django."""


class Assets:
    """Stands in front of an application and answers for everything below `/assets/`."""

    def __init__(self, application: WSGIApplication, settings: Settings) -> None:
        self._application = application
        self._headers = common_headers(settings)
        self._kept = settings.instance_dir / "compressed"

    def prepare(self) -> None:
        """Compress every file now, so that the first visitor does not wait for it."""
        for path in filter(None, map(_path, names())):
            for encoding in ENCODINGS:
                _smallest(path, _version(path), encoding, self._kept)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(PREFIX):
            return self._application(environ, start_response)
        request = Request(environ)
        answer = self._answer(request)
        answer.headers.update(self._headers)
        return answer(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return _refused(405, Allow="GET, HEAD")
        wanted, _, name = request.path.removeprefix(PREFIX).partition("/")
        path = _path(name)
        if path is None:
            return _refused(404)
        version, encoding = _version(path), chosen(request.accept_encodings)
        content, name_of_encoding = _smallest(path, version, encoding, self._kept)
        response = Response(content, mimetype=mimetypes.guess_type(name)[0])
        response.vary.add("Accept-Encoding")
        if name_of_encoding:
            response.headers["Content-Encoding"] = name_of_encoding
        # An older page may ask for an older version: it gets what there is, which nobody is to keep under that address.
        lasting = wanted == version
        response.headers["Cache-Control"] = f"public, max-age={ONE_YEAR}, immutable" if lasting else "no-cache"
        response.set_etag("-".join(filter(None, (version, name_of_encoding))))
        try:
            return response.make_conditional(request, accept_ranges=True, complete_length=len(content))
        except RequestedRangeNotSatisfiable:
            return _refused(416, **{"Content-Range": f"bytes */{len(content)}"})


def _refused(status: int, **headers: str) -> Response:
    text = f"{status} {HTTP_STATUS_CODES[status]}\n"
    return Response(text, status, {**headers, "Cache-Control": "no-store"}, mimetype="text/plain")


def register(app: Flask) -> None:
    """Answer for static files in front of `app`, and let templates name them."""
    ours = Assets(app.wsgi_app, app.config["PORTAL_SETTINGS"])
    app.wsgi_app = ours  # type: ignore[method-assign]
    app.extensions["assets"] = ours
    app.add_template_global(asset)


def asset(name: str) -> str:
    """The address of a static file, with its version. Raises FileNotFoundError for a file that is not there."""
    path = _path(name)
    if path is None:
        raise FileNotFoundError(name)
    return f"{PREFIX}{_version(path)}/{name}"


def names() -> list[str]:
    """Every static file there is."""
    return sorted([*PACKAGED, *(path.name for path in OURS.iterdir())])


def _path(name: str) -> Path | None:
    if name in PACKAGED:
        return _packaged(*PACKAGED[name])
    path = OURS / name
    return path if path.name == name and path.is_file() else None


@lru_cache(maxsize=8)
def _packaged(package: str, inside: str) -> Path:
    found = find_spec(package)
    if found is None or found.origin is None:
        raise RuntimeError(f"{inside} comes with the package {package}, which is not installed; run `make setup`")
    return Path(found.origin).parent / inside


def _version(path: Path) -> str:
    """Twelve hexadecimal digits of the content's hash, counted again when the file changes."""
    return _hashed(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _hashed(path: Path, changed_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=64)
def _smallest(path: Path, version: str, encoding: Encoding | None, kept: Path) -> tuple[bytes, str]:
    """A file's content as it is sent, and how it is encoded ("": as it is). Made once, and kept in a folder."""
    content = path.read_bytes()
    if encoding is None:
        return content, ""
    made = _made_once(content, encoding, kept / f"{path.name}.{version}.{encoding.name}")
    return (made, encoding.name) if len(made) < len(content) else (content, "")


def _made_once(content: bytes, encoding: Encoding, kept: Path) -> bytes:
    with contextlib.suppress(OSError):
        return kept.read_bytes()
    made = encoding.best(content)
    with contextlib.suppress(OSError):  # nothing but time is lost
        kept.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=kept.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(made)
            file.flush()
            os.fsync(descriptor)
        Path(draft).replace(kept)
    return made
