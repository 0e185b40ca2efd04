"""Fields for amounts, days, whole numbers and accounts, read as the page prints them for whoever types (F17, UX16).

Each keeps what was typed when it cannot be read, and its `data` is None then. Forms have no other fields for these;
`tests/shape/test_fields.py` holds that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from wtforms import Field, SelectField
from wtforms.validators import StopValidation
from wtforms.widgets import Input, TelInput, TextInput

from portal.outside.notation import days_of, notation_of
from portal.outside.pens import MINUS
from portal.rules.amounts import NoAmount, read_amount, read_count
from portal.rules.days import NoDay, read_day
from portal.rules.phones import NoPhone, read_phone
from portal.rules.sentences import Sentence
from portal.web.figures import locale, money, text


class _Typed(Field):
    """A field whose text is read into a value; `missing` is said for an empty one that needs something."""

    widget: Input = TextInput()

    def __init__(self, label: str = "", missing: str = "", **more: Any) -> None:
        super().__init__(label, **more)
        self.missing = missing
        self.unread: Sentence | None = None
        if missing:
            self.flags.required = True

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Read what was sent."""
        typed = str(valuelist[0]).strip() if valuelist else ""
        self.data = None
        if typed:
            try:
                self.data = self.read(typed)
            except (NoAmount, NoDay, NoPhone) as error:
                self.unread = error.sentence

    def pre_validate(self, form: object) -> None:
        """Raises StopValidation for text that could not be read, and for an empty field that needs some."""
        if self.unread is not None:
            raise StopValidation(text(self.unread))
        if self.missing and self.data is None:
            raise StopValidation(str(self.missing))

    @property
    def text(self) -> str:
        """What the field is drawn with: what was typed, or what the form began with."""
        return self._value()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.write(self.data)

    def say(self, sentence: Sentence) -> None:
        """Add what else is wrong."""
        self.errors = [*self.errors, text(sentence)]

    def read(self, typed: str) -> Any:
        """The value of a text. Raises NoAmount, NoDay or NoPhone."""
        raise NotImplementedError

    def write(self, value: Any) -> str:
        """The text of a value, as the form begins with it."""
        return str(value)


class AccountField(SelectField):
    """The Account menu (F3): `choices` are set by the page, or `searched_at`, the address of suggestions, instead."""

    def __init__(self, label: str = "", **more: Any) -> None:
        super().__init__(label, validate_choice=False, choices=[], **more)
        self.searched_at = ""


class AmountField(_Typed):
    """An amount; its `data` are minor units of the currency that the form is made with: `meta=amounts_in("EUR")`."""

    def read(self, typed: str) -> int:
        return read_amount(typed, self.currency, notation_of(locale(), self.currency))

    def write(self, value: int) -> str:
        return money(value, self.currency).replace(MINUS, "-")

    @property
    def currency(self) -> str:
        """What its amounts are in."""
        return str(self.meta.currency)


def amounts_in(currency: str) -> dict[str, str]:
    """What a form with amounts is made with as its `meta`."""
    return {"currency": currency}


class CountField(_Typed):
    """A whole number."""

    def read(self, typed: str) -> int:
        return read_count(typed, notation_of(locale()))


class PhoneField(_Typed):
    """A phone number."""

    widget = TelInput()

    def read(self, typed: str) -> str:
        return read_phone(typed)


class _Calendar(TextInput):
    """A field with a calendar; a plain one after a mistake, where what is typed need not be what calendars show."""

    def __call__(self, field: Field, **kwargs: Any) -> Any:
        assert isinstance(field, DayField)
        return super().__call__(field, **{"type": "text" if field.unread or field.errors else "date", **kwargs})


class DayField(_Typed):
    """A day."""

    widget = _Calendar()

    def read(self, typed: str) -> date:
        return read_day(typed, days_of(locale()))

    def _value(self) -> str:
        """Calendars take ISO 8601 alone."""
        return self.data.isoformat() if isinstance(self.data, date) else super()._value()
