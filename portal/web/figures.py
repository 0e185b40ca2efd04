"""Amounts, counts and dates as the signed-in person's partner writes them, in templates and in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal
from flask import Flask, g, has_request_context

from portal.outside import clock
from portal.outside.pens import DEFAULT_LOCALE, DEFAULT_ZONE, LocalePen, known_locale, pen_for
from portal.rules import sentences
from portal.rules.money import Money
from portal.rules.periods import Period
from portal.rules.sentences import Remark, Sentence, ordinal, write, write_pages_with
from portal.web.session import signed_in_unless_fault


def register(app: Flask) -> None:
    """Give the templates of `app` their filters, and sentences on its pages their pen."""
    for filter_ in (
        *(money, signed_money, tone, number, decimal, price, day, day_short),
        *(weekday, clock_time, period, month_short, moment, ordinal),
    ):
        app.add_template_filter(filter_)
    write_pages_with(_PagePen())


def locale() -> str:
    """The locale of the signed-in person's partner, for Flask-Babel; the default for anybody else."""
    signed_in = signed_in_unless_fault()
    return signed_in.locale if signed_in else DEFAULT_LOCALE


def time_zone() -> str:
    """The time zone of the signed-in person's partner, for Flask-Babel; the default for anybody else."""
    signed_in = signed_in_unless_fault()
    return signed_in.time_zone if signed_in else DEFAULT_ZONE


def now_here(instant: datetime) -> datetime:
    """An instant on the partner's clock."""
    return instant.astimezone(ZoneInfo(time_zone()))


Shown: TypeAlias = Sentence | str
"""What stands in a list or a menu: a sentence of ours, or somebody's own text, which stays as it is."""


def text(sentence: Sentence) -> str:
    """A sentence for whoever reads this page, where no HTML is put together."""
    return write(sentence, pen())


def plain(said: Sentence) -> str:
    """A sentence in plain English for a program, without the amounts that whoever runs it may not see."""
    return sentences.plain(said, figures=_sees_finances())


def money(minor: int, currency: str) -> str:
    """Minor units as the locale writes them, with the currency's decimals and a true minus: −1,204.50."""
    return pen().amount(minor, currency)


def signed_money(minor: int, currency: str) -> str:
    """The same, with a plus in front of what is in the customer's favour."""
    return f"+{money(minor, currency)}" if minor > 0 else money(minor, currency)


def tone(minor: int | None) -> str:
    """The colour of an amount: what is owed, what is in the customer's favour, neither."""
    return "owed" if minor and minor < 0 else "in-credit" if minor else ""


def number(value: int) -> str:
    """A count with its thousands apart."""
    return pen().number(value)


def decimal(value: Decimal) -> str:
    """A number with the decimal sign of the locale, and no zeros at its end: a rate, a quantity."""
    return format_decimal(value, locale=known_locale(locale()), decimal_quantization=False)


def price(value: Decimal) -> str:
    """A price in no certain currency, with two decimals or as many as it has: 74.90, 0.0125."""
    return format_decimal(value, "#,##0.00##", locale=known_locale(locale()))


def day(value: date | None) -> str:
    """A day in full, "12 Nov 2026"; an instant is taken on the partner's clock. None gives nothing."""
    return pen().day(_date(value)) if value else ""


def day_short(value: date | None) -> str:
    """A day without its year, "12 Nov"; with it where that is not this year's."""
    if value is None:
        return ""
    on = _date(value)
    return pen().day_short(on) if on.year == _this_year() else day(on)


def weekday(value: date) -> str:
    """The short name of a day, "Mon"."""
    return pen().weekday(value)


def clock_time(wall: datetime) -> str:
    """The time of the day as the clock on the wall shows it, "18:00"."""
    return pen().time(wall)


def period(value: Period) -> str:
    """A stretch of days, "2026", "November 2026" or "1–15 Nov 2026"."""
    return pen().period(value)


def month_short(value: date) -> str:
    """The name of a day's month, "Nov"."""
    return pen().month_short(value)


def moment(value: datetime | None) -> str:
    """An instant on the partner's clock, "12 Nov 2026, 09:30". None gives nothing."""
    return pen().moment(value) if value else ""


def _date(value: date) -> date:
    return now_here(value).date() if isinstance(value, datetime) else value


def pen() -> LocalePen:
    """What this request writes with: found once, for looking a locale up takes longer than writing an amount."""
    found: LocalePen | None = g.get("pen")
    if found is None:
        found = g.pen = pen_for(locale(), time_zone(), _sees_finances())
    return found


def _sees_finances() -> bool:
    """Whether sentences may show amounts to whoever is signed in (S9)."""
    signed_in = signed_in_unless_fault()
    return signed_in is not None and signed_in.actor.sees_finances


def _this_year() -> int:
    found: int | None = g.get("this_year")
    if found is None:
        found = g.this_year = now_here(clock.now()).year
    return found


class _PagePen:
    """The pen of whoever reads the page that is being made."""

    def message(self, one: str, many: str, count: int | None) -> str:
        return self._now().message(one, many, count)

    def money(self, amount: Money) -> str:
        return self._now().money(amount)

    def remark(self, remark: Remark) -> str:
        return self._now().remark(remark)

    def day(self, on: date) -> str:
        return self._now().day(on)

    def moment(self, at: datetime) -> str:
        return self._now().moment(at)

    def period(self, days: Period) -> str:
        return self._now().period(days)

    def number(self, value: int) -> str:
        return self._now().number(value)

    def listed(self, items: Sequence[str]) -> str:
        return self._now().listed(items)

    def _now(self) -> LocalePen:
        return pen() if has_request_context() else pen_for(finance=False)
