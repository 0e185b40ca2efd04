"""What looks the same is the same (SEC60)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules import texts

FORMS = (texts.email, texts.email_key, texts.password, texts.identifier, texts.name)


@pytest.mark.parametrize(
    "typed",
    [
        "Zoe@xn--mnchen-3ya.example",
        "zoe@MÜNCHEN.example",
        "zoe@mu\u0308nchen.example",
        " zoe@münchen.example ",
        "z\u200boe@münchen.example",
        "zoe@mün\u00adchen.example",
        "\ufeffzoe@XN--MNCHEN-3YA.example",
        "zoe@münchen\uff0eexample",
    ],
)
def test_sec60_an_address_is_one_however_it_is_written(typed: str) -> None:
    assert texts.email_key(typed) == "zoe@münchen.example"


def test_sec60_an_address_on_file_keeps_its_capitals_before_the_at() -> None:
    assert texts.email("Zoe.Novák@EXAMPLE.org") == "Zoe.Novák@example.org"
    assert texts.email("zoe@Straße.example") == "zoe@straße.example" != texts.email("zoe@strasse.example")
    assert texts.email("+420 541 555 111") == "+420 541 555 111"


@pytest.mark.parametrize("odd", ["", "@", "zoe", "zoe@", "@x", "a@b@c", "zoe@xn--\u00fc", "zoe@-", "zoe@" + "ü" * 300])
def test_sec60_what_is_no_address_is_taken_without_a_fault(odd: str) -> None:
    assert texts.email(texts.email(odd)) == texts.email(odd)


@pytest.mark.parametrize(
    "nothing",
    ["\u200b", "\u00ad", "\u3164", "\u2800\u2800", "\u202e \u202c", "\u2060", "\ufe0f", "\u0301", "\x1b", "\u00a0"],
)
def test_sec60_a_name_of_nothing_visible_is_none(nothing: str) -> None:
    assert texts.name(nothing) == ""


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Zoe\u0308 \u00a0 <b>O'Brien</b>\t株式会社 ", "Zoë <b>O'Brien</b> 株式会社"),
        ("Ann\u200da", "Anna"),
        ("ab\u202edc", "abdc"),
        ("e\u200b\u0301", "é"),
        ("Acme\x00 Ltd", "Acme Ltd"),
    ],
)
def test_sec60_a_name_has_single_spaces_and_nothing_unseen(typed: str, kept: str) -> None:
    assert texts.name(typed) == kept


@pytest.mark.parametrize(
    "name", ["علی\u200cرضا", "क्\u200dष", "葛\U000e0100城", "❤\ufe0f", "Zoë", "أحمد", "7-Eleven", "Å"]
)
def test_sec60_what_shapes_the_letters_of_a_name_stays(name: str) -> None:
    assert texts.name(name) == unicodedata.normalize("NFC", name)


def test_sec60_a_number_is_trimmed_and_composed() -> None:
    assert texts.identifier(" \ufeffMu\u0308-1\u200b ") == "Mü-1"
    assert texts.identifier("A  1") == "A  1"


def test_sec60_a_password_is_composed_and_otherwise_as_typed() -> None:
    assert texts.password(" pa\u0308ss \u200b") == " päss \u200b"


@given(st.text(max_size=20))
def test_sec60_every_form_is_its_own_form(text: str) -> None:
    for form in FORMS:
        once = form(text)
        assert form(once) == once, form
        assert unicodedata.is_normalized("NFC", once)


@given(st.text(max_size=12).filter(lambda text: bool(texts.name(text))))
def test_sec60_a_name_that_shows_is_never_emptied(text: str) -> None:
    assert texts.name(f" {text} ") == texts.name(text) != ""
