"""Writing for one reader: their language, and dates, amounts and counts as their locale has them.

Pages and mail write with the same pens, so that a day in a mail looks like the same day on a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval, format_skeleton, format_time
from babel.lists import format_list
from babel.numbers import NumberPattern, parse_pattern
from babel.support import NullTranslations, Translations

from portal.config import ROOT
from portal.rules.money import Money, exponent
from portal.rules.periods import Period
from portal.rules.sentences import MASKED, Remark

DEFAULT_LOCALE, DEFAULT_ZONE = "en_GB", "Europe/London"
TRANSLATIONS = ROOT / "portal" / "translations"
MINUS = "−"


@dataclass(frozen=True, slots=True, eq=False)
class LocalePen:
    """What one reader's sentences are written with. There is one for each locale, zone and right to see amounts."""

    locale: Locale
    zone: ZoneInfo
    texts: NullTranslations
    finance: bool = True

    def message(self, one: str, many: str, count: int | None) -> str:
        if count is None:
            return self.texts.ugettext(one)
        return self.texts.ungettext(one, many, count)

    def money(self, amount: Money) -> str:
        return f"{self.amount(amount.minor, amount.currency)} {amount.currency}" if self.finance else MASKED

    def remark(self, remark: Remark) -> str:
        return remark.text if self.finance else remark.masked

    def amount(self, minor: int, currency: str) -> str:
        """Minor units with the currency's decimals and a true minus: −1,204.50."""
        return _written(minor, exponent(currency), self)

    def day(self, on: date) -> str:
        """A day in full, "12 Nov 2026"."""
        return _day(on, self)

    def day_short(self, on: date) -> str:
        """A day without its year, "12 Nov"."""
        return _day_short(on, self)

    def month_short(self, on: date) -> str:
        """The name of a day's month, "Nov"."""
        return _month_short(on, self)

    def moment(self, at: datetime) -> str:
        """An instant on the reader's clock, "12 Nov 2026, 09:30"; on its own clock where it has one that is not UTC,
        such as an hour that was chosen for a partner's customers.
        """
        here = at.astimezone(self.zone) if at.tzinfo is None or not at.utcoffset() else at
        return f"{self.day(here.date())}, {format_time(here, 'short', locale=self.locale)}"

    def time(self, wall: datetime) -> str:
        """The time of the day on the clock that it was read from, "18:00"."""
        return str(format_time(wall.time(), "short", locale=self.locale))

    def weekday(self, on: date) -> str:
        """The short name of a day, "Mon"."""
        return str(format_skeleton("EEE", on, locale=self.locale))

    def period(self, days: Period) -> str:
        """A stretch of days, "2026", "November 2026" or "1–15 Nov 2026"."""
        return _period(days, self)

    def number(self, value: int) -> str:
        """A count with its thousands apart."""
        return _written(value, 0, self)

    def listed(self, items: Sequence[str]) -> str:
        """ "A, B and C"."""
        return format_list(list(items), locale=self.locale)


@lru_cache(maxsize=256)
def pen_for(locale: str = DEFAULT_LOCALE, zone: str = DEFAULT_ZONE, finance: bool = True) -> LocalePen:
    """The pen for the name of a locale and of a time zone; one that Babel does not know counts as the default."""
    known = known_locale(locale)
    return LocalePen(known, ZoneInfo(zone), texts_in(known), finance)


@lru_cache(maxsize=32)
def known_locale(name: str) -> Locale:
    """The locale of that name, or the default one where Babel does not know it."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(DEFAULT_LOCALE)


@lru_cache(maxsize=32)
def texts_in(locale: Locale) -> NullTranslations:
    """The catalogue of a locale's language; English, which the texts are written in, where there is none."""
    return Translations.load(str(TRANSLATIONS), [str(locale), locale.language])


@lru_cache(maxsize=32)
def _pattern(places: int, pen: LocalePen) -> NumberPattern:
    whole = pen.locale.decimal_formats[None].pattern.partition(";")[0].partition(".")[0]
    return parse_pattern(f"{whole}.{'0' * places}" if places else whole)


@lru_cache(maxsize=4096)
def _written(value: int, places: int, pen: LocalePen) -> str:
    text = _pattern(places, pen).apply(Decimal(abs(value)).scaleb(-places), pen.locale)
    return f"{MINUS}{text}" if value < 0 else text


@lru_cache(maxsize=4096)
def _day(on: date, pen: LocalePen) -> str:
    return format_date(on, "medium", pen.locale)


@lru_cache(maxsize=1024)
def _day_short(on: date, pen: LocalePen) -> str:
    return format_skeleton("MMMd", on, locale=pen.locale)


@lru_cache(maxsize=1024)
def _month_short(on: date, pen: LocalePen) -> str:
    return format_skeleton("MMM", on, locale=pen.locale)


@lru_cache(maxsize=1024)
def _period(days: Period, pen: LocalePen) -> str:
    if days.is_year:
        return str(format_skeleton("y", days.first, locale=pen.locale))
    if days.is_month:
        return str(format_skeleton("yMMMM", days.first, locale=pen.locale))
    if days.is_day:
        return format_date(days.first, "long", pen.locale)
    return str(format_interval(days.first, days.last, "yMMMd", locale=pen.locale))
