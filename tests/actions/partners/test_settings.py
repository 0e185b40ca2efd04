"""The settings of a partner as they are changed: all or none, logged, and each by whom they belong to."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from portal.actions.partners import settings
from portal.db import notices
from portal.db.engine import db
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Conflict, Invalid, Missing, NotAllowed
from portal.rules.groups import GroupRole
from portal.rules.holders import Role
from tests import people
from tests.families import child, family, person, switch
from tests.log import log
from tests.logins import administrator

GIVEN = {
    "iban": "DE89 3704 0044 0532 0130 00",
    "account_name": "Max Mustermann",
    "tax_rate": "19",
    "terms": "month end + 45 days",
    "reminders": "5,20:10",
    "notices": "on",
    "default_billing_day": "31",
}


def change(given: dict[str, str], **more: str) -> list[str]:
    return [str(one) for one in settings.change(SYSTEM, "Harbour Net", given, **more)]


def values() -> dict[str, str | int]:
    db.session.rollback()
    return dict(settings.values_of(SYSTEM, "Harbour Net").values)


def test_f12_what_is_set_is_shown_and_reaches_the_customers(app: Flask) -> None:
    people.partner()
    assert "IBAN" in change(GIVEN)
    shown = values()
    assert {name: shown[name] for name in GIVEN} == GIVEN | {
        "iban": "DE89370400440532013000",
        "reminders": "5,20:10.00",
        "default_billing_day": 31,
    }
    acme = people.customer("acme").settings
    assert (acme.account_name, str(acme.tax_rate), acme.terms) == ("Max Mustermann", "19", "month end + 45 days")
    assert change(GIVEN) == []


def test_o8_one_line_of_the_log_has_old_and_new(app: Flask) -> None:
    people.partner()
    change(GIVEN)
    change({"iban": "", "tax_rate": "20"})
    first, second = [line for line in log() if line.action == "partner.settings"]
    assert first.details["fields"]["iban"] == ["", "DE89370400440532013000"]  # type: ignore[index]
    assert second.details["fields"] == {"iban": ["DE89370400440532013000", ""], "tax_rate": ["19", "20"]}
    assert second.text == "Settings of Harbour Net: changed IBAN and tax rate"


def test_c6_everything_wrong_is_named_at_once_and_nothing_is_saved(app: Flask) -> None:
    people.partner()
    with pytest.raises(Invalid) as told:
        change({"tax_rate": "19", "iban": "DE00", "colour": "red", "prices": "brutto"})
    assert set(told.value.fields) == {"iban", "colour", "prices"}
    assert "account_name, iban, bic" in str(told.value.fields["colour"][0])
    assert values()["tax_rate"] == "0"


def test_o3_notices_are_the_switch_that_their_page_has(app: Flask) -> None:
    key = people.partner()
    change({"notices": "on"})
    assert notices.settings_of([key])[key].on
    change({"notices": "off"})
    db.session.rollback()
    assert not notices.settings_of([key])[key].on


def test_r24_what_changed_meanwhile_is_not_overwritten(app: Flask) -> None:
    people.partner()
    mark = settings.values_of(SYSTEM, "Harbour Net").mark
    change({"grace_days": "3"})
    with pytest.raises(Conflict):
        change({"grace_days": "5"}, mark=mark)
    assert values()["grace_days"] == 3


def test_r10_the_same_form_twice_changes_once(app: Flask) -> None:
    people.partner()
    assert change({"grace_days": "3"}, once="k") == change({"grace_days": "3"}, once="k") == ["days of grace"]
    assert len([line for line in log() if line.action == "partner.settings"]) == 1


def test_g15_the_age_of_majority_is_held_by_whoever_manages_a_group(app: Flask) -> None:
    switch()
    person("mum", born_on=date(2006, 11, 1), kind="individual")
    child("kid")
    family("mum", kid=GroupRole.DEPENDENT)
    with pytest.raises(Invalid) as told:
        change({"majority_age": "21"})
    assert "Mum would not be of age at 21" in str(told.value.fields["majority_age"][0])
    assert values()["majority_age"] == 18
    assert change({"majority_age": "20"})


def test_o4_each_setting_needs_its_permission(app: Flask) -> None:
    people.partner()
    other = people.partner("Other Net")
    desk = administrator("desk@staff.test", Role.FRONT_OF_HOUSE)
    admin = administrator("admin@staff.test", Role.ADMINISTRATOR)
    elsewhere = administrator("other@staff.test", Role.SUPER, other)
    with pytest.raises(NotAllowed):
        settings.change(desk, "Harbour Net", {"iban": ""})
    with pytest.raises(NotAllowed):
        settings.values_of(desk, "Harbour Net")
    assert settings.change(admin, "Harbour Net", {"grace_days": "1"})
    with pytest.raises(NotAllowed):
        settings.change(admin, "Harbour Net", {"majority_age": "21"})
    with pytest.raises(Missing):
        settings.change(elsewhere, "Harbour Net", {"grace_days": "1"})
