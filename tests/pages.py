"""A test client that looks at every page it receives the way a browser and a screen reader would."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import brotli
from flask.testing import FlaskClient
from lxml import etree
from werkzeug.test import TestResponse


class Outline:
    """What the checks need of a page: titles, headings, ids, labels and anything inline that the CSP forbids.

    It is what lxml tells of a page as it goes through it: in Python that takes as long as making the page.
    """

    def __init__(self, html: str) -> None:
        self.title, self.h1, self.text = "", 0, [""]
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.fields: list[dict[str, str]] = []
        self.forbidden: list[str] = []
        self.open: list[str] = []
        self.links: list[str] = []
        self.hidden: dict[str, str] = {}
        self.chosen: dict[str, str] = {}
        parser = etree.HTMLParser(target=self)
        parser.feed(html)
        parser.close()
        self.title = " ".join(self.title.split())

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        values = dict(attributes)
        self.text.append("")
        if tag not in _VOID:
            self.open.append(tag)
        if tag == "h1":
            self.h1 += 1
        if values.get("id"):
            self.ids.append(values["id"])
        if tag == "label" and values.get("for"):
            self.labels.add(values["for"])
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if tag in ("input", "select", "textarea"):
            self._field(values)
        self.forbidden += [f"{tag} {name}" for name in values if name == "style" or name.startswith(("on", "hx-on"))]
        if tag == "style" or (tag == "script" and "src" not in values):
            self.forbidden.append(f"inline {tag}")

    def _field(self, values: dict[str, str]) -> None:
        kind = values.get("type", "text")
        if kind == "radio" and "checked" in values:
            self.chosen[values["name"]] = values["value"]
        if kind == "hidden":
            self.hidden[str(values.get("name"))] = values.get("value", "")
        elif kind not in ("submit", "button") and "label" not in self.open[:-1]:
            self.fields.append(values)

    def end(self, tag: str) -> None:
        self.text.append("")
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def data(self, data: str) -> None:
        if self.open and self.open[-1] == "title" and "svg" not in self.open:
            self.title += data
        self.text[-1] += data

    def close(self) -> None:
        """Asked for by lxml."""

    def days_but(self, names: Iterable[str]) -> dict[str, str]:
        """What a browser sends of the optional days that nobody touched: all but these."""
        days = {name.removesuffix("-choice") for name in self.chosen if name.endswith("-choice")}.difference(names)
        values = {one.get("name"): one.get("value", "") for one in self.fields}
        return {f"{day}-choice": self.chosen[f"{day}-choice"] for day in days} | {day: values[day] for day in days}

    @property
    def words(self) -> str:
        """The page's text with white space folded."""
        return " ".join(" ".join(self.text).split())


_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())  # noqa: SIM905


def check_page(html: str) -> Outline:
    """Title, one h1, unique ids, labelled fields, nothing inline. Returns the outline for more questions."""
    outline = Outline(html)
    assert outline.title.strip(), "the page has no title"
    assert outline.h1 == 1, f"the page has {outline.h1} h1 headings"
    check_fragment(outline)
    return outline


def check_fragment(outline: Outline) -> None:
    """What holds for a fragment as well."""
    twice = [name for name, count in Counter(outline.ids).items() if count > 1]
    assert not twice, f"ids used twice: {twice}"
    assert not outline.forbidden, f"forbidden by the CSP: {outline.forbidden}"
    for field in outline.fields:
        named = field.get("id") in outline.labels or field.get("aria-label") or field.get("aria-labelledby")
        assert named, f"a field without a label: {field}"


UNPACK: dict[str, Callable[[bytes], bytes]] = {"": bytes, "br": brotli.decompress, "gzip": gzip.decompress}


def unpacked(response: TestResponse) -> str:
    """The text of an answer, whatever it travelled as."""
    unpack = UNPACK[response.headers.get("Content-Encoding", "")]
    return unpack(response.data).decode() if response.data else ""


class PageClient(FlaskClient):
    """Checks each HTML answer and its headers; `page` keeps the outline of the last one.

    Each answer is made whole and closed, as our web server does before its first byte goes out (R21, R31).

    A status of 500 and more is a failure wherever it turns up, but for those a test says it `expects`, and for
    /readyz, whose answer that is.
    """

    page: Outline
    expects: frozenset[int] = frozenset()

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        with self.application.app_context():  # else the request would share `g` and the session with the test
            response = super().open(*args, **{"buffered": True, **kwargs})
        unasked = response.status_code >= 500 and response.status_code not in self.expects
        if unasked and response.request.path != "/readyz":
            where = f"{response.request.method} {response.request.path}"
            raise AssertionError(f"{where} answered {response.status}: {response.get_data(as_text=True)[:2_000]}")
        if response.mimetype == "text/html" and response.status_code not in (301, 302, 303, 308):
            html = unpacked(response)
            assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
            assert "HX-Request" in response.headers.get("Vary", "")
            if response.request.headers.get("HX-Request") and "<html" not in html:
                self.page = Outline(html)
                check_fragment(self.page)
            elif html:
                self.page = check_page(html)
        return response

    def submit(self, path: str, data: dict[str, Any], *, at: str | None = None, **kwargs: Any) -> TestResponse:
        """Open the page of a form, then send it with its hidden fields, its optional days and `data` to `path`."""
        self.get(at or path)
        given = self.page.hidden | self.page.days_but(data)
        return self.post(path, data={**given, **data}, **kwargs)
