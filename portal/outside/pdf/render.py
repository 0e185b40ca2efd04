"""Turns a statement into a PDF, in one conversion at a time per process."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import xhtml2pdf.default
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from reportlab import rl_config
from xhtml2pdf import pisa
from xhtml2pdf.config.resources import RenderLimitError, ResourceAccessPolicy

from portal.outside.pdf import NotDrawn, TookTooLong, fonts, tables, tags
from portal.outside.pdf.chart import Steps
from portal.outside.pdf.furniture import Foot
from portal.outside.pdf.palette import COLOURS, Tone
from portal.outside.pdf.table import Table
from portal.outside.pdf.words import Labels, Style
from portal.outside.pdf.written import Look, Written
from portal.rules.paying import PaymentBlock
from portal.rules.statements.figures import OtherPayer, Statement, Step, chart_steps
from portal.rules.statements.words import activity_of, title_of

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
TEMPLATE = "statements/pdf.html"
_LONGEST_NAME, _LONGEST_ADDRESS = 160, 400
_FIGURE_SIZE, _FIGURE_WIDTH = 17.0, 118.0

HEADING = Look(20, True, Tone.INK, 22, at_end=True)
PARTNER = Look(12.5, True, Tone.ACCENT, 15)
NAME = Look(10.5, True, Tone.INK, 13.2)
LABEL = Look(7.5, tone=Tone.SOFT, leading=10.2)

_one_at_a_time = threading.Lock()


def render(
    statement: Statement,
    *,
    pay: PaymentBlock | None,
    fonts_dir: Path,
    labels: Labels,
    reference: str,
    made_at: datetime | None,
    progress: Callable[[int, int], None] | None,
    seconds: float,
    environment: Environment | None,
) -> bytes:
    """See `portal.outside.pdf.render_statement`."""
    with _one_at_a_time:
        _install(fonts_dir)
        document = _Document(statement, pay, labels, reference, made_at)
        counter = _Counter(sum(len(table.rows) for table in document.tables.values()), progress)
        html = (environment or _environment()).get_template(TEMPLATE).render(document.words())
        parts = tags.Parts(document.tables, document.texts.written, document.chart, document.foot(), counter.drawn)
        return _with_parts(html, parts, seconds, counter)


class Page(Protocol):
    """What another page of the same make has: variables of its template, made once its fonts are there."""

    texts: Texts

    def tables(self) -> Mapping[str, Table]:
        """The tables that the template refers to."""

    def words(self) -> dict[str, Any]:
        """The template's variables."""

    def foot(self) -> Foot:
        """The line on every page."""


def render_page(
    template: str, page: Callable[[], Page], *, fonts_dir: Path, seconds: float, environment: Environment | None
) -> bytes:
    """A page of the same make as a statement."""
    with _one_at_a_time:
        _install(fonts_dir)
        made = page()
        tables = made.tables()
        counter = _Counter(sum(len(table.rows) for table in tables.values()), None)
        html = (environment or _environment()).get_template(template).render(made.words())
        parts = tags.Parts(tables, made.texts.written, None, made.foot(), counter.drawn)
        return _with_parts(html, parts, seconds, counter)


class Texts:
    """The texts of a page: those that the layout engine can set, and those whose letters have to be shaped."""

    def __init__(self) -> None:
        self.written: list[Written] = []

    def set(self, look: Look, *texts: str) -> list[str | Shaped]:
        """Texts for the template: as they are, or where letters must be shaped one thing that stands for them all."""
        if all(map(fonts.is_plain, texts)):
            return [text.translate(fonts.NO_JOINERS) for text in texts]
        self.written.append(Written(texts, look))
        return [Shaped(len(self.written) - 1)]


def _with_parts(html: str, parts: tags.Parts, seconds: float, counter: _Counter) -> bytes:
    token = tags.PARTS.set(parts)
    try:
        return _converted(html, seconds, counter)
    finally:
        tags.PARTS.reset(token)


class _Counter:
    """Adds up drawn rows for the progress callback, and keeps what it raised."""

    def __init__(self, total: int, progress: Callable[[int, int], None] | None) -> None:
        self._total, self._progress, self._done = total, progress, 0
        self.raised: BaseException | None = None

    def drawn(self, rows: int) -> None:
        """Note that so many more rows stand on paper."""
        self._done += rows
        if self._progress is not None:
            try:
                self._progress(self._done, self._total)
            except BaseException as error:
                self.raised = error
                raise


def _converted(html: str, seconds: float, counter: _Counter) -> bytes:
    policy = ResourceAccessPolicy.server(None, allow_remote=False, max_resources=0, max_render_seconds=seconds)
    out = io.BytesIO()
    with _settings():
        try:
            result = pisa.CreatePDF(html, dest=out, encoding="utf-8", resource_policy=policy)
        except RenderLimitError as error:
            raise TookTooLong(f"The PDF was not ready after {seconds:g} seconds.") from error
        except Exception:
            # The layout engine adds its own text to whatever passes through it.
            if counter.raised is not None:
                raise counter.raised from None
            raise
    if result.err:
        raise NotDrawn("The PDF could not be drawn: " + "; ".join(str(entry[2]) for entry in result.log))
    return out.getvalue()


@contextmanager
def _settings() -> Iterator[None]:
    """ReportLab's settings for equal bytes from equal statements, put back afterwards."""
    before = rl_config.invariant, rl_config.useA85
    rl_config.invariant, rl_config.useA85 = 1, 0
    try:
        yield
    finally:
        rl_config.invariant, rl_config.useA85 = before


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.trim_blocks = environment.lstrip_blocks = True
    return environment


def _install(fonts_dir: Path) -> None:
    fonts.install(fonts_dir)
    tags.install()
    xhtml2pdf.default.DEFAULT_FONT.update({family.lower(): family for family in (fonts.REGULAR, fonts.EXTRA)})


class Shaped(NamedTuple):
    """What the template refers to in a tag <written>."""

    ref: int


class _Document:
    """Everything that the template and its tags need of one statement."""

    def __init__(
        self,
        statement: Statement,
        pay: PaymentBlock | None,
        labels: Labels,
        reference: str,
        made_at: datetime | None,
    ) -> None:
        self._statement, self._pay, self._labels = statement, pay, labels
        self._reference, self._made_at = reference, made_at
        self.texts = Texts()
        self._style = Style(statement.letterhead.locale, statement.currency, statement.first, statement.last)
        self.tables = self._tables()
        self.chart = self._chart(chart_steps(statement))

    def _tables(self) -> dict[str, Table]:
        statement, labels, style, several = self._statement, self._labels, self._style, self._statement.several
        found = {
            "lines": tables.house_account(statement, labels, style, accounts=several and not statement.grouped),
            "accounts": tables.by_account(statement, labels, style) if several else None,
            "credit": tables.customer_credit(statement, labels, style, accounts=several),
            "waiting": tables.waiting(statement, labels, style, accounts=several),
        }
        return {name: table for name, table in found.items() if table is not None}

    def _chart(self, steps: Sequence[Step]) -> Steps | None:
        if len({balance for _, balance in steps}) < 2:
            return None
        day, lowest = min(steps, key=lambda step: step[1])
        remark = self._labels.lowest(self._style.amount(lowest), self._style.day(day))
        return Steps(steps, self._style.day(steps[0][0]), self._style.day(steps[-1][0]), remark)

    def foot(self) -> Foot:
        """The line on every page: when it was made, and a reference."""
        words = [self._statement.letterhead.name[:_LONGEST_NAME], self._reference or self._statement.payer.reference]
        if self._made_at is not None:
            day = self._made_at.astimezone(zone_of(self._statement.letterhead.time_zone)).date()
            words.append(self._labels.made_on(self._style.full_day(day)))
        title = text_of(self._labels.of(title_of(self._statement)), _LONGEST_ADDRESS).translate(fonts.NO_JOINERS)
        return Foot(self._labels.page_of, "  ·  ".join(word for word in words if word), self._made_at, title)

    def words(self) -> dict[str, Any]:
        """The template's variables: every text is ready to be shown, and escaped by the template."""
        statement, labels, style = self._statement, self._labels, self._style
        account, period = statement.account, style.period(statement.first, statement.last)
        soft, ink, end = Look(tone=Tone.SOFT), Look(), Look(at_end=True)
        return {
            "language": style.language,
            "author": text_of(statement.letterhead.name).translate(fonts.NO_JOINERS),
            "payer_label": self.texts.set(LABEL, labels.payer),
            "account_label": self.texts.set(LABEL, labels.account),
            "heading": self.texts.set(HEADING, labels.title if statement.balance else labels.activity),
            "colours": COLOURS,
            "families": f"{fonts.REGULAR}, {fonts.EXTRA}",
            "letterhead": self.texts.set(soft, *lines_of(statement.letterhead.address, statement.letterhead.contact)),
            "partner": self.texts.set(PARTNER, text_of(statement.letterhead.name)),
            "period": self.texts.set(end, labels.so_far(period) if statement.so_far else period),
            "payer": self.texts.set(NAME, text_of(statement.payer.name)),
            "payer_lines": self.texts.set(
                soft, *(lines_of(statement.payer.address) or [text_of(statement.payer.reference)])
            ),
            "account": self.texts.set(NAME, self._account_name()),
            "account_lines": self.texts.set(soft, *([text_of(account.reference)] if account else [])),
            "amounts_in": self.texts.set(end._replace(tone=Tone.SOFT), labels.amounts_in(statement.currency)),
            "figures": self._figures(),
            "sentences": [self.texts.set(ink, sentence)[0] for sentence in self._sentences()],
            "chart": self.chart is not None,
            "pay": self._paying(),
            "tables": list(self.tables),
        }

    def _paying(self) -> dict[str, Any] | None:
        from portal.outside.pdf.paying import paying  # which takes the looks of texts from here

        return paying(self._pay, self._statement.made_on, self.texts, self._labels, self._style)

    def _account_name(self) -> str:
        account = self._statement.account
        return text_of(account.name) if account else (self._labels.all_accounts if self._statement.several else "")

    def _figures(self) -> dict[str, Any]:
        """The figures at the head. Only a balance is coloured as owed; a part has none (S13)."""
        statement, labels, style, balance = self._statement, self._labels, self._style, self._statement.balance
        shown = [
            (labels.charged, statement.charged_minor, False),
            (labels.paid if balance else labels.credited, statement.credited_minor, False),
        ]
        if balance is None:
            shown.append((labels.settled, statement.paid_minor, False))
            shown.append((labels.open, statement.open_minor, False))
        else:
            shown.insert(0, (labels.opening_on(style.day(statement.first)), balance.opening_minor, True))
            shown.append((labels.closing_on(style.day(statement.last)), balance.closing_minor, True))
        cells = [
            {"label": self.texts.set(LABEL, label)[0], "amount": style.amount(minor), "owed": coloured and minor < 0}
            for label, minor, coloured in shown
        ]
        cells += [{"label": "", "amount": "", "owed": False}] * (4 - len(cells))
        longest = max(len(style.amount(minor)) for _, minor, _ in shown)
        return {"cells": cells, "size": round(min(_FIGURE_SIZE, _FIGURE_WIDTH / (longest * 0.56)), 1)}

    def _sentences(self) -> list[str]:
        statement, labels = self._statement, self._labels
        sentences = [] if statement.balance else [labels.of(activity_of(statement))]
        sentences += [self._other_payer(other) for other in statement.other_payers]
        if statement.hides:
            sentences.append(labels.records(statement.record_type))
        if not statement.lines and not statement.hides:
            sentences.append(labels.nothing)
        return [text_of(sentence, 600) for sentence in sentences]

    def _other_payer(self, other: OtherPayer) -> str:
        account = self._statement.account or self._statement.payer
        return self._labels.other_payer(account.name, other, self._style.full_day)


def zone_of(name: str) -> ZoneInfo:
    """A time zone; UTC for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def text_of(text: str, longest: int = _LONGEST_NAME) -> str:
    """Any text as the template may show it: drawable characters, of a length that a heading can hold."""
    shown = fonts.drawable(text[: longest + 1])
    return shown if len(text) <= longest else shown[: longest - 1].rstrip() + "…"


def lines_of(*texts: str) -> list[str]:
    """The lines of an address or the like, at most eight."""
    lines = [line for text in texts for line in text[:_LONGEST_ADDRESS].splitlines()]
    return [text_of(line) for line in lines if line.strip()][:8]
