"""Notices of blocking: templates, hours, whom they reach, and how long a text message is (O3, F9, O6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules import sms
from portal.rules.errors import Invalid
from portal.rules.notices import (
    LONGEST_BODY,
    LONGEST_SMS,
    LONGEST_SUBJECT,
    PLACEHOLDERS,
    NoticeFacts,
    NoticeSettings,
    Reach,
    checked,
    day_and_hour,
    due_at,
    filled,
    forecast,
    one_line,
)
from portal.rules.sentences import PLAIN, say

FACTS = NoticeFacts("Acme Ltd", "Harbour Net", "help@harbour.test\n+420 541 555 020", "https://portal.test")
WANTED = NoticeSettings(on=True)


def problems(**changes: object) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as refusal:
        checked(replace(WANTED, **changes), sms_ready=False)  # type: ignore[arg-type]
    return {name: list(map(str, texts)) for name, texts in refusal.value.fields.items()}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# Templates ------------------------------------------------------------------------------------------------------------


def test_o3_the_defaults_are_off_and_can_be_switched_on() -> None:
    assert not NoticeSettings().on
    assert checked(WANTED, sms_ready=False) == WANTED


def test_o3_an_unknown_placeholder_is_refused_by_name_with_those_there_are() -> None:
    (sentence,) = problems(body="Dear {{ nmae }}, {{ reason }}")["body"]
    assert sentence.startswith("There is no placeholder {{ nmae }}.")
    assert all(f"{{{{ {name} }}}}" in sentence for name in PLACEHOLDERS)


@pytest.mark.parametrize(
    "text", ["{{ name", "name }}", "{{ name } }", "{{ name.__class__ }}", "{{ name|upper }}", "{{}}"]
)
def test_a_template_is_text_and_placeholders_and_nothing_else(text: str) -> None:
    assert "body" in problems(body=text)


def test_what_looks_like_code_stays_the_text_it_is() -> None:
    template = "{% for x in y %}${name} %(name)s {name} <b>{{ name }}</b>"
    assert checked(replace(WANTED, body=template), sms_ready=False).body == template
    assert filled(template, FACTS.values(PLAIN)) == "{% for x in y %}${name} %(name)s {name} <b>Acme Ltd</b>"


def test_a_name_that_looks_like_a_placeholder_is_not_filled_again() -> None:
    facts = replace(FACTS, name="{{ balance }}", balance=say("120.00 EUR is owed."))
    assert filled("Dear {{ name }}", facts.values(PLAIN)) == "Dear {{ balance }}"


@pytest.mark.parametrize(
    ("name", "longest"), [("subject", LONGEST_SUBJECT), ("body", LONGEST_BODY), ("sms", LONGEST_SMS)]
)
def test_every_text_has_its_longest_length(name: str, longest: int) -> None:
    assert getattr(checked(replace(WANTED, **{name: "x" * longest}), sms_ready=False), name)
    (sentence,) = problems(**{name: "x" * (longest + 1)})[name]
    assert f"Use at most {longest}." in sentence
    assert problems(**{name: " \n "})[name] == ["Write a text."]


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert set(problems(subject="", body="{{ x }}", sms="", hour=24, by_email=False)) == {
        "subject",
        "body",
        "sms",
        "hour",
        "by_email",
    }


def test_o3_sms_that_is_not_configured_cannot_be_the_only_channel() -> None:
    (sentence,) = problems(by_email=False, by_sms=True)["by_sms"]
    assert "PORTAL_SMS_URL" in sentence
    alone = replace(WANTED, by_email=False, by_sms=True)
    assert checked(alone, sms_ready=True) == alone
    assert checked(replace(WANTED, by_sms=True), sms_ready=False).by_sms
    assert not checked(replace(alone, on=False), sms_ready=False).on


def test_what_nothing_is_left_of_takes_no_line() -> None:
    template = "Hello {{ name }},\n\n{{ balance }}\n\nBye\n{{ contact }}\n{{ company }}"
    assert filled(template, replace(FACTS, contact="").values(PLAIN)) == "Hello Acme Ltd,\n\nBye\nHarbour Net"


def test_values_stay_in_one_line() -> None:
    nasty = replace(FACTS, name="Acme\r\nBcc: everybody@evil.test\x00\u2028x")
    assert one_line("{{ name }} is blocked", nasty.values(PLAIN), 300) == "Acme Bcc: everybody@evil.test x is blocked"
    assert FACTS.values(PLAIN)["contact"] == "help@harbour.test, +420 541 555 020"


def test_one_line_is_never_too_long() -> None:
    assert one_line("{{ name }}", replace(FACTS, name="x" * 200).values(PLAIN), 20) == "x" * 17 + "..."


def test_ux13_the_reason_names_whose_block_it_is() -> None:
    assert str(FACTS.reason) == "Your account has been blocked."
    assert "overdue" in str(replace(FACTS, overdue=True).reason)
    following = replace(FACTS, name="Branch", because_of="Acme Ltd", overdue=True)
    assert str(following.reason) == "Your account is blocked because Acme Ltd, which is billed for it, is blocked."
    assert (following.values(PLAIN)["because_of"], FACTS.values(PLAIN)["because_of"]) == ("Acme Ltd", "Acme Ltd")


# Hours ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "hour", "zone", "due"),
    [
        ("2026-11-22T09:30Z", 18, "Europe/Prague", "2026-11-22T17:00Z"),
        ("2026-11-22T09:30Z", 9, "Europe/Prague", "2026-11-23T08:00Z"),
        ("2026-11-22T17:00Z", 18, "Europe/Prague", "2026-11-22T17:00Z"),
        ("2026-11-22T17:00:01Z", 18, "Europe/Prague", "2026-11-23T17:00Z"),
        ("2026-11-22T23:30Z", 1, "Europe/Prague", "2026-11-23T00:00Z"),
        ("2026-11-22T12:30Z", 1, "Pacific/Kiritimati", "2026-11-23T11:00Z"),
        ("2026-11-22T09:30Z", 0, "America/Los_Angeles", "2026-11-23T08:00Z"),
        ("2026-12-31T23:30Z", 18, "Europe/Prague", "2027-01-01T17:00Z"),
        # The clocks go forward on 29 March 2026 at 01:00 UTC: there is no two o'clock in Prague that night.
        ("2026-03-29T00:30Z", 2, "Europe/Prague", "2026-03-29T01:00Z"),
        ("2026-03-28T20:00Z", 9, "Europe/Prague", "2026-03-29T07:00Z"),
        # They go back on 25 October at 01:00 UTC: there are two of them, and the first one counts.
        ("2026-10-24T22:30Z", 2, "Europe/Prague", "2026-10-25T00:00Z"),
        ("2026-10-25T00:30Z", 2, "Europe/Prague", "2026-10-26T01:00Z"),
        ("2026-10-24T20:00Z", 9, "Europe/Prague", "2026-10-25T08:00Z"),
    ],
)
def test_r17_the_next_hour_of_a_time_zone(now: str, hour: int, zone: str, due: str) -> None:
    assert due_at(at(now), hour, zone) == at(due)


@given(
    st.integers(0, 730 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.integers(0, 23),
    st.sampled_from(["Europe/Prague", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tokyo"]),
)
def test_r17_it_is_always_ahead_and_never_more_than_a_day_and_a_change_of_clocks(
    now: datetime, hour: int, zone: str
) -> None:
    assert 0 <= (due_at(now, hour, zone) - now).total_seconds() <= 25 * 3600


def test_when_it_goes_out_in_words() -> None:
    now = at("2026-11-22T09:30Z")
    for due, words in (
        ("2026-11-22T17:00Z", "today at 18:00"),
        ("2026-11-22T23:00Z", "tomorrow at 00:00"),
        ("2026-11-24T08:00Z", "on 2026-11-24T08:00:00Z"),
    ):
        assert str(day_and_hour(at(due), now, "Europe/Prague")) == words


# Whom they reach ------------------------------------------------------------------------------------------------------

BOTH = Reach("a@acme.test", "b@acme.test", "+44 1273 555 010")
NONE = Reach("", "", "")
TODAY = say("today at {time}", time="18:00")
NO_COUNTRY = "The phone number on file has no country code, such as +44."


def test_o6_the_forecast_says_who_is_told_how_and_when() -> None:
    wanted = replace(WANTED, by_sms=True)
    mail_only, local = Reach("a@acme.test", "", ""), Reach("", "", "01273 555 010")
    own = {"Acme Ltd": mail_only}
    assert list(map(str, forecast(wanted, "Harbour Net", own, [BOTH, mail_only, mail_only, NONE, local], TODAY))) == [
        "Acme Ltd will be told by email today at 18:00. No phone number is on file.",
        "2 sub-accounts will be told by email today at 18:00.",
        "1 sub-account will be told by email and SMS today at 18:00.",
        "2 sub-accounts cannot be told: nothing on file leads to them.",
    ]
    assert list(map(str, forecast(wanted, "Harbour Net", {"Acme Ltd": local}, [], TODAY))) == [
        "Acme Ltd cannot be told: no email address is on file. " + NO_COUNTRY
    ]


def test_o6_the_forecast_says_that_nobody_is_told() -> None:
    assert list(map(str, forecast(NoticeSettings(), "Harbour Net", {"Acme": BOTH}, [], TODAY))) == [
        "Nobody is told of it: notices of blocking are off at Harbour Net."
    ]
    assert list(map(str, forecast(replace(WANTED, sub_accounts=False), "Harbour Net", {}, [BOTH], TODAY))) == [
        "1 sub-account will not be told: notices do not go to sub-accounts that follow."
    ]
    assert forecast(WANTED, "Harbour Net", {}, [], TODAY) == []


def test_mail_goes_to_the_addresses_that_are_some_and_to_each_once() -> None:
    assert BOTH.addresses == ("a@acme.test", "b@acme.test")
    assert len(Reach("A@acme.test", "a@acme.test", "").addresses) == 1
    assert Reach("nobody", "b@acme.test", "").addresses == ("b@acme.test",)


@pytest.mark.parametrize(
    ("phone", "number"),
    [
        ("+44 (0)1273 555-010", "+441273555010"),
        ("0044 1273 555010", "+441273555010"),
        ("+420.541.555.020", "+420541555020"),
        ("01273 555 010", None),
        ("+44", None),
        ("+44 1273 555 010 ext 5", None),
        ("+4412735550101234567", None),
        ("+٤٤١٢٧٣٥٥٥٠١٠", "+441273555010"),
        ("", None),
    ],
)
def test_a_phone_number_needs_its_country(phone: str, number: str | None) -> None:
    assert sms.number(phone) == number


@pytest.mark.parametrize(
    ("text", "parts", "units", "plain"),
    [
        ("", 1, 0, True),
        ("x" * 160, 1, 160, True),
        ("x" * 161, 2, 161, True),
        ("x" * 306, 2, 306, True),
        ("x" * 307, 3, 307, True),
        ("€" * 80, 1, 160, True),
        ("é" * 160, 1, 160, True),
        ("ř" * 70, 1, 70, False),
        ("ř" * 71, 2, 71, False),
        ("😀" * 35, 1, 70, False),
    ],
)
def test_how_many_messages_a_text_takes(text: str, parts: int, units: int, plain: bool) -> None:
    found = sms.measured(text)
    assert (found.parts, found.units, found.plain) == (parts, units, plain)
    assert found.units <= found.room
