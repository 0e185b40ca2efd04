"""Amounts as templates draw them, for `components/money.html`.

A page has hundreds of them, and a macro takes ten times as long as a function.
"""

from __future__ import annotations

from functools import lru_cache

from flask import Flask
from markupsafe import Markup, escape

from portal.web.figures import money, signed_money


def register(app: Flask) -> None:
    """Give the templates of `app` the functions behind the component."""
    for function in (money_amount, money_cell, money_figure):
        app.add_template_global(function)


def money_amount(
    minor: int | None, currency: str, signed: bool = False, tone: bool = True, show_currency: bool = False
) -> Markup:
    """An amount in running text; None gives nothing."""
    if minor is None:
        return Markup("")
    after = f" {escape(currency)}" if show_currency else ""
    return _drawn(f'<span class="money {_tone(minor, tone)}">{_text(minor, currency, signed)}{after}</span>')


def money_cell(
    minor: int | None, currency: str, signed: bool = False, tone: bool = True, label: str = "", extra: str = ""
) -> Markup:
    """An amount as a cell of a table, empty for None. `label` stands before it on a phone; `extra` are more classes."""
    if minor is None:
        return _drawn(f"{_cell('', label, extra)}</td>")
    return _drawn(f"{_cell(_tone(minor, tone), label, extra)}{_text(minor, currency, signed)}</td>")


def money_figure(minor: int, currency: str, signed: bool = False, tone: bool = True) -> Markup:
    """The large figure of a panel."""
    return _drawn(f'<span class="figure d-block {_tone(minor, tone)}">{_text(minor, currency, signed)}</span>')


@lru_cache(maxsize=256, typed=True)
def _cell(tone: str, label: str, extra: str) -> str:
    """How a cell begins: a table has few kinds of them."""
    shown = f' data-label="{escape(label)}"' if label else ""
    return f'<td class="money {tone} {escape(extra)}"{shown}>'


def _tone(minor: int, tone: bool) -> str:
    """The class of what is owed or in credit."""
    return "" if not tone or not minor else "owed" if minor < 0 else "in-credit"


def _text(minor: int, currency: str, signed: bool) -> Markup:
    return escape(signed_money(minor, currency) if signed else money(minor, currency))


def _drawn(html: str) -> Markup:
    """HTML whose parts are escaped."""
    return Markup(html)  # noqa: S704
