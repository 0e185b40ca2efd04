"""The settings of a partner: how each is written, what is refused and with which words."""

from __future__ import annotations

from dataclasses import fields

import pytest

from portal.rules.partners import DEFAULTS, PartnerSettings
from portal.rules.partners.settings import SETTINGS, NotAllowedHere, reminder_levels


class World:
    """One zone, one locale, one bank."""

    def time_zone(self, text: str) -> bool:
        return text == "Europe/Prague"

    def locale(self, text: str) -> bool:
        return text == "cs_CZ"

    def iban(self, text: str) -> str | None:
        return text.replace(" ", "") if text.startswith("DE89") else None

    def bic(self, text: str) -> str | None:
        return "GIBACZPX" if text.upper() == "GIBACZPX" else None


def read(name: str, text: str) -> object:
    return SETTINGS[name].read(text, "EUR", World())


def again(name: str, text: str) -> str | int:
    """What `config show` prints after `config set`."""
    return SETTINGS[name].write(read(name, text), "EUR")


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("time_zone", "Europe/Prague", "Europe/Prague"),
        ("locale", "cs_CZ", "cs_CZ"),
        ("address", " 1  Quay \r\nBrno\n", "1 Quay\nBrno"),
        ("prices", "GROSS", "gross"),
        ("tax_rate", "21.00", "21"),
        ("tax_rate", "5.5", "5.5"),
        ("tax_rate", "100", "100"),
        ("terms", "0 days", "0 days"),
        ("terms", "1 day", "1 day"),
        ("terms", "Month end", "month end"),
        ("terms", "month end+45 days", "month end + 45 days"),
        ("allocation", "oldest", "oldest"),
        ("apply_credit", "on", "on"),
        ("blocking", "off", "off"),
        ("grace_days", "30", 30),
        ("reminders", "5, 20,40:10", "5,20,40:10.00"),
        ("reminders", "", ""),
        ("reminder_minimum", "12.5", "12.50"),
        ("account_name", "Max  Mustermann", "Max Mustermann"),
        ("iban", "DE89 3704", "DE893704"),
        ("iban", "", ""),
        ("bic", "gibaczpx", "GIBACZPX"),
        ("reference", "number", "number"),
        ("default_billing_type", "prepaid_daily", "prepaid_daily"),
        ("default_billing_day", "31", 31),
        ("majority_age", "21", 21),
        ("second_factor", "required", "required"),
        ("billing_schedule", "06:00", "06:00"),
        ("shows_services", "off", "off"),
    ],
)
def test_f12_a_setting_is_read_and_printed_in_one_form(name: str, text: str, shown: str | int) -> None:
    assert again(name, text) == shown
    assert again(name, str(shown)) == shown


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("time_zone", "Moon/Base", "Europe/Prague"),
        ("locale", "xx", "en_GB"),
        ("prices", "brutto", "net, gross"),
        ("tax_rate", "101", "0 to 100"),
        ("tax_rate", "-1", "0 to 100"),
        ("tax_rate", "5.1234", "more than 3 decimal places"),
        ("terms", "soon", "14 days"),
        ("terms", "-1 days", "14 days"),
        ("allocation", "newest", "choice, oldest"),
        ("apply_credit", "maybe", "on or off"),
        ("grace_days", "-1", "from 0 to 365"),
        ("grace_days", "366", "from 0 to 365"),
        ("grace_days", "٣", "from 0 to 365"),
        ("reminders", "20,5", "rising order"),
        ("reminders", "5,5", "rising order"),
        ("reminders", "0", "rising order"),
        ("reminders", "5:1.005", "more decimal places"),
        ("reminders", "1,2,3,4,5,6,7,8,9,10", "at most 9"),
        ("reminder_minimum", "-1", "zero or more"),
        ("reminder_minimum", "much", "not an amount"),
        ("account_name", "x" * 71, "at most 70"),
        ("iban", "DE00", "not an IBAN"),
        ("bic", "x", "not a BIC"),
        ("reference", "iban", "iso11649, number"),
        ("default_billing_type", "monthly", "recurring, prepaid_custom, prepaid_daily"),
        ("default_billing_day", "32", "from 1 to 31"),
        ("default_billing_day", "0", "from 1 to 31"),
        ("majority_age", "151", "from 1 to 150"),
        ("second_factor", "on", "off, required"),
        ("billing_schedule", "25:00", "06:00"),
        ("address", "x\n" * 9, "at most 8 lines"),
    ],
)
def test_c6_what_is_not_allowed_is_refused_with_what_is(name: str, text: str, told: str) -> None:
    with pytest.raises(NotAllowedHere) as refused:
        read(name, text)
    assert told in str(refused.value.sentence)


def test_every_field_of_a_partners_settings_has_a_setting_and_a_default_that_can_be_set() -> None:
    elsewhere = {"groups_on"}  # a feature, with three states
    assert {one.name for one in fields(PartnerSettings)} - elsewhere <= set(SETTINGS)
    assert set(SETTINGS) - {one.name for one in fields(PartnerSettings)} == {"address", "contact", "notices"}
    for name in ("prices", "terms", "allocation", "reminders", "reminder_minimum", "reference", "grace_days"):
        shown = SETTINGS[name].write(getattr(DEFAULTS, name), "EUR")
        assert again(name, str(shown)) == shown


def test_f14_levels_are_days_with_fees_in_minor_units() -> None:
    assert reminder_levels("5,20,40:10.00", "EUR") == ((5, 0), (20, 0), (40, 1000))
    assert reminder_levels("7:300", "JPY") == ((7, 300),)
    assert reminder_levels("", "EUR") == ()
