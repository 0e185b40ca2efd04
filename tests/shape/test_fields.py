"""F17, UX16: what people type as an amount, day, number or phone is read by the fields that read what pages print."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from wtforms import Form
from wtforms.fields import core, datetime, numeric, simple

from portal import web
from portal.rules.collecting import modules
from portal.web.fields import (
    AmountField,
    BirthField,
    CountField,
    DayField,
    EndField,
    NumberField,
    OptionalDayField,
    PhoneField,
    RateField,
)

ROOT = Path(__file__).parents[2]
RAW = (datetime, numeric)
READ = (AmountField, BirthField, CountField, DayField, EndField, NumberField, PhoneField, RateField)
SOUNDS = re.compile(
    r"(^|_)(amount|price|tax|fee|limit|on|day|days|until|from|to|first|last|age|number|count|phone)($|_)"
)
FILTERS = [
    "AgeingFilter.on",
    "DaysFilter.since",
    "DaysFilter.until",
    "FilterForm.first",
    "FilterForm.last",
    "FindForm.day",
    "LogFilter.first",
    "LogFilter.last",
]
OTHERWISE = {
    "ActivateForm.customer_number": "a name, whatever it consists of",
    "ActivityForm.book_from": "a length of time before a session",
    "ActivityForm.book_until": "a length of time before a session",
    "ActivityForm.cancel_until": "a length of time before a session",
    "FinanceForm.tax_id": "a name that an office gave",
    "NoticesForm.on": "a switch",
}


def forms() -> Iterator[type[Form]]:
    """Every form of the portal."""
    for _ in modules(web.__name__):
        pass
    waiting = list(Form.__subclasses__())
    while waiting:
        form = waiting.pop()
        waiting += form.__subclasses__()
        if form.__module__.startswith("portal."):
            yield form


def fields() -> list[tuple[str, type[core.Field]]]:
    """Every field, as Form.field, with its class."""
    found = [
        (f"{form.__name__}.{name}", field.field_class)
        for form in forms()
        for name in dir(form)
        if isinstance(field := getattr(form, name), core.UnboundField)
    ]
    return sorted(found, key=lambda pair: pair[0])


def test_f17_no_form_has_a_field_that_reads_numbers_or_days_its_own_way() -> None:
    raw = tuple(getattr(module, name) for module in RAW for name in module.__all__)
    assert len(raw) > 8
    raw = (*raw, simple.TelField)
    assert [name for name, kind in fields() if issubclass(kind, raw)] == []
    assert {kind for _, kind in fields()} >= set(READ)


def test_g16_a_day_that_may_be_absent_is_a_choice() -> None:
    """In filters an empty day takes nothing away; everywhere else its absence is chosen."""
    bare = [
        f"{form.__name__}.{name}"
        for form in forms()
        for name in dir(form)
        if isinstance(field := getattr(form, name), core.UnboundField)
        and issubclass(field.field_class, DayField)
        and not field.kwargs.get("missing")
    ]
    assert sorted(bare) == FILTERS
    assert sum(issubclass(kind, OptionalDayField) for _, kind in fields()) >= 5


def test_f17_no_amount_day_or_number_is_a_plain_text() -> None:
    plain = [
        name
        for name, kind in fields()
        if issubclass(kind, (simple.StringField, simple.BooleanField)) and SOUNDS.search(name.partition(".")[2])
    ]
    assert plain == list(OTHERWISE)


@pytest.mark.parametrize("folder", ["templates", "portal/web"])
def test_f17_nothing_beside_the_fields_takes_or_reads_them(folder: str) -> None:
    """No template has a field of its own for a day or number, and no view reads one by itself."""
    kinds = "(date|number|datetime-local|month|time)"
    own = re.compile(rf'(\btype="{kinds}"|text_input\(.*"{kinds}"|\b(strptime|fromisoformat|Decimal)\()')
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sorted((ROOT / folder).rglob("*.*"))
        if path.suffix in (".html", ".py")
        for line in path.read_text().splitlines()
        if own.search(line)
    ]
    assert found == []


def test_i2_every_form_can_hold_what_was_typed_before_signing_in_again() -> None:
    """A form of Flask-WTF's own would come back empty."""
    for path in (ROOT / "portal" / "web").rglob("*.py"):
        if path != ROOT / "portal" / "web" / "forms.py":
            assert "FlaskForm" not in path.read_text(encoding="utf-8"), f"{path.name}: use PortalForm"
