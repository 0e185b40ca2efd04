"""What a request may carry, judged before it is taken in and before it is taken apart (R19, R20).

To take fifteen megabytes of `a=1&a=1&…` apart takes seconds and a gigabyte, whoever sends them. Only uploads are long,
and they come as multipart, which is read piece by piece into files within PORTAL_UPLOAD_LIMIT_MB.
"""

from __future__ import annotations

import io
from typing import IO, Any

from flask import Flask, Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from portal.config import MEGABYTE, Settings

MOST_FIELDS = 1000
"""No form of ours has more."""

FORM = "application/x-www-form-urlencoded"
UPLOAD = "multipart/form-data"


def register(app: Flask) -> None:
    """Have `app` read requests within these limits. htmx_flask must have brought its own kind of request before."""
    app.request_class = type("BoundedRequest", (_Bounded, app.request_class), {})


def most_bytes(content_type: str, settings: Settings) -> int:
    """How long a body of this type may be: a megabyte, unless it brings files."""
    is_upload = content_type.partition(";")[0].strip().lower() == UPLOAD
    return settings.upload_limit_bytes if is_upload else MEGABYTE


class _FieldCounter(FormDataParser):
    """Counts the fields of a form before it makes anything of them."""

    def parse(self, stream: IO[bytes], mimetype: str, content_length: int | None, options: Any = None) -> Any:
        if mimetype == FORM:
            body = stream.read()
            if body.count(b"&") >= MOST_FIELDS:
                raise RequestEntityTooLarge()
            stream = io.BytesIO(body)
        return super().parse(stream, mimetype, content_length, options)


class _Bounded(Request):
    """A request whose body is at most a megabyte, unless it is multipart."""

    form_data_parser_class = _FieldCounter

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.mimetype != UPLOAD:
            self.max_content_length = MEGABYTE
