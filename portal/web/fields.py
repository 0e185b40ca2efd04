"""Fields for amounts, days, whole numbers and accounts, read as the page prints them for whoever types (F17, UX16).

Each keeps what was typed when it cannot be read, and its `data` is None then. Forms have no other fields for these;
`tests/shape/test_fields.py` holds that.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import Field, SelectField
from wtforms.utils import unset_value
from wtforms.validators import StopValidation
from wtforms.widgets import Input, TelInput, TextInput

from portal.outside.notation import days_of, notation_of
from portal.outside.pens import MINUS
from portal.rules.amounts import NoAmount, read_amount, read_count, read_number
from portal.rules.books import EARLIEST
from portal.rules.days import EARLIEST_BIRTH, NoDay, read_day
from portal.rules.groups.ends import End, end_of
from portal.rules.invoices.lines import QUANTITY_PLACES, RATE_PLACES
from portal.rules.phones import NoPhone, read_phone
from portal.rules.sentences import Sentence, say
from portal.web.figures import decimal, locale, money, price, text


class _Typed(Field, ABC):
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

    @abstractmethod
    def read(self, typed: str) -> Any:
        """The value of a text. Raises NoAmount, NoDay or NoPhone."""

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


class NumberField(_Typed):
    """A number with at most four decimals, such as how many of a service."""

    def read(self, typed: str) -> Decimal:
        return read_number(typed, QUANTITY_PLACES, notation_of(locale()))

    def write(self, value: Decimal) -> str:
        return decimal(value)


class PriceField(NumberField):
    """A price in no certain currency."""

    def write(self, value: Decimal) -> str:
        return price(value)


class RateField(_Typed):
    """A percentage from 0 to 100, with or without its sign."""

    def read(self, typed: str) -> Decimal:
        rate = read_number(typed.removesuffix("%"), RATE_PLACES, notation_of(locale()))
        if not 0 <= rate <= 100:
            raise NoAmount(say("“{text}” is not a percentage from 0 to 100.", text=typed[:40]))
        return rate

    def write(self, value: Decimal) -> str:
        return decimal(value)


class PhoneField(_Typed):
    """A phone number."""

    widget = TelInput()

    def read(self, typed: str) -> str:
        return read_phone(typed)


class _Calendar(TextInput):
    """A field with a calendar, and what is said of half a day, which browsers send as nothing at all (G16)."""

    input_type = "date"

    def __call__(self, field: Field, **kwargs: Any) -> Any:
        assert isinstance(field, DayField | OptionalDayField)
        return super().__call__(field, **{"data-half": text(field.half), **kwargs})


class _Words(_Calendar):
    """The same; a plain one where what was typed is no day, since calendars would not show it."""

    def __call__(self, field: Field, **kwargs: Any) -> Any:
        assert isinstance(field, DayField)
        return super().__call__(field, **{"type": "text" if field.unread else "date", **kwargs})


class DayField(_Typed):
    """A day from the `earliest` one on."""

    widget = _Words()
    earliest = EARLIEST

    def read(self, typed: str) -> date:
        return read_day(typed, days_of(locale()), self.earliest)

    def _value(self) -> str:
        """Calendars take ISO 8601 alone."""
        return self.data.isoformat() if isinstance(self.data, date) else super()._value()

    @property
    def half(self) -> Sentence:
        """What is said of half a day."""
        if self.missing:
            return say("Enter the whole date.")
        return say("Enter the whole date, or empty the field.")


class BornField(DayField):
    """A date of birth."""

    earliest = EARLIEST_BIRTH


class OptionalDayField(_Typed):
    """A day that may be absent, which is chosen explicitly: nothing goes away with text that is empty or half typed
    (G16). The choice decides; a day without a choice counts. `data` is None where "absent" was chosen. It is a calendar
    after a mistake as well: what was typed and is no day stands in the sentence about it.
    """

    widget = _Calendar()
    earliest = EARLIEST
    ABSENT, PRESENT = "none", "day"

    def __init__(self, label: str = "", absent: str = "", present: str = "", day: str = "", **more: Any) -> None:
        super().__init__(label, **more)
        self.choices = ((self.ABSENT, absent), (self.PRESENT, present))
        self.day = day
        self.chosen = ""

    @property
    def choice_name(self) -> str:
        """What the choice is sent as; the day is sent under the field's name."""
        return f"{self.name}-choice"

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Take the choice beside the day."""
        super().process(formdata, data, extra_filters)
        if formdata is None:
            self.chosen = self.PRESENT if self.data else self.ABSENT
            return
        self.chosen = formdata.get(self.choice_name, "")
        if self.chosen not in (self.ABSENT, self.PRESENT):
            self.chosen = self.PRESENT if self._filled else ""
        if self.chosen == self.ABSENT:
            self.waive()

    def waive(self) -> None:
        """Choose that there is none."""
        self.data, self.unread, self.chosen = None, None, self.ABSENT

    def pre_validate(self, form: object) -> None:
        """Raises StopValidation without a choice, and for a day that is chosen and is none."""
        super().pre_validate(form)
        if not self.chosen:
            raise StopValidation(text(say("Choose one of the two.")))
        if self.chosen == self.PRESENT and self.data is None:
            raise StopValidation(text(self.half))

    def read(self, typed: str) -> date:
        return read_day(typed, days_of(locale()), self.earliest)

    def _value(self) -> str:
        return self.data.isoformat() if self.data else ""

    @property
    def half(self) -> Sentence:
        """What is said of half a day, which arrives as an empty field without JavaScript."""
        return say("Enter the whole date, or choose “{absent}”.", absent=str(self.choices[0][1]))

    @property
    def _filled(self) -> bool:
        return bool(self.raw_data and str(self.raw_data[0]).strip())


class BirthField(OptionalDayField):
    """A date of birth, or that none is known."""

    earliest = EARLIEST_BIRTH

    def __init__(self, label: str = "", **more: Any) -> None:
        super().__init__(label, _("Not known"), _("Known"), _("Born on"), **more)


class EndField(OptionalDayField):
    """The last day of something, or that it has no end."""

    def __init__(self, label: str = "", **more: Any) -> None:
        super().__init__(label, _("No end"), _("Until a date"), _("Last day"), **more)

    @property
    def end(self) -> End:
        """The end that was chosen."""
        return end_of(self.data)
