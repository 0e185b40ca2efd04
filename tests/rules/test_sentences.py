"""Sentences: what is said, written out for different readers, and kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.money import Money
from portal.rules.periods import Period
from portal.rules.sentences import (
    NOTHING,
    PLAIN,
    Part,
    Remark,
    Sentence,
    from_stored,
    ordinal,
    say,
    stored_parts,
    together,
    verbatim,
    without_figures,
    write,
)

NAME = "Zoë {x} <b>O'Brien</b> 株式会社 عربى"
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
OWES = say("{who} owes {amount} since {day}.", who=NAME, amount=Money(-120450, "EUR"), day=date(2026, 11, 1))


class German:
    """A reader with another language, who may not see amounts."""

    TEXTS: ClassVar = {
        "{who} owes {amount} since {day}.": "Seit {day} schuldet {who} {amount}.",
        "{count} item": "{count} Ding",
    }

    def message(self, one: str, many: str, count: int | None) -> str:
        return self.TEXTS.get(one if count in (None, 1) else many, one if count in (None, 1) else many)

    def money(self, amount: Money) -> str:
        return "•••"

    def remark(self, remark: Remark) -> str:
        return remark.masked

    def day(self, on: date) -> str:
        return on.strftime("%d.%m.%Y")

    def moment(self, at: datetime) -> str:
        return "jetzt"

    def period(self, days: Period) -> str:
        return f"{self.day(days.first)}-{self.day(days.last)}"

    def number(self, value: int) -> str:
        return f"{value:,}".replace(",", ".")

    def listed(self, items: Sequence[str]) -> str:
        return " und ".join(items)


class Strict(German):
    """A pen that is never to be asked for figures."""

    def money(self, amount: Money) -> str:
        raise AssertionError(amount)

    def remark(self, remark: Remark) -> str:
        raise AssertionError(remark)


def test_plain_english_has_iso_dates_and_plain_amounts() -> None:
    assert str(OWES) == f"{NAME} owes -1204.50 EUR since 2026-11-01."
    assert str(say("At {at}.", at=AT)) == "At 2026-11-22T09:30:00Z."


@pytest.mark.parametrize(
    ("first", "last", "written"),
    [
        (date(2026, 1, 1), date(2026, 12, 31), "2026"),
        (date(2026, 2, 1), date(2026, 2, 28), "February 2026"),
        (date(2026, 2, 3), date(2026, 2, 3), "2026-02-03"),
        (date(2026, 2, 3), date(2026, 3, 2), "2026-02-03 to 2026-03-02"),
    ],
)
def test_stretches_of_days_go_by_their_names(first: date, last: date, written: str) -> None:
    assert str(say("in {days}", days=Period(first, last))) == f"in {written}"


def test_another_reader_gets_another_order_and_no_amounts() -> None:
    assert write(OWES, German()) == f"Seit 01.11.2026 schuldet {NAME} •••."


@pytest.mark.parametrize(("count", "written"), [(0, "0 items"), (1, "1 item"), (2, "2 items"), (1200, "1200 items")])
def test_a_count_chooses_the_template(count: int, written: str) -> None:
    said = say("{count} item", "{count} items", count=count)
    assert str(said) == written
    assert write(said, German()) == {0: "0 items", 1: "1 Ding", 2: "2 items", 1200: "1.200 items"}[count]


def test_a_count_and_a_second_template_come_together() -> None:
    with pytest.raises(ValueError, match="count"):
        say("{count} item", count=1)
    with pytest.raises(ValueError, match="count"):
        say("{count} item", "{count} items")


@pytest.mark.parametrize(
    ("items", "written"), [((), ""), (("A",), "A"), (("A", "B"), "A and B"), (("A", "B", "C"), "A, B and C")]
)
def test_lists_read_as_lists(items: tuple[str, ...], written: str) -> None:
    assert str(say("{names}", names=items)) == written


def test_words_inside_a_sentence_are_translated_by_themselves() -> None:
    assert str(say("on the {day}", day=ordinal(22))) == "on the 22nd"
    assert [str(ordinal(day)) for day in (1, 2, 3, 4, 11, 12, 13, 21, 31)] == (
        ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "31st"]
    )


def test_several_sentences_become_one() -> None:
    assert str(together(say("First."), NOTHING, say("Second."))) == "First. Second."
    assert str(together(say("a"), say("b"), by="{; }")) == "a{; }b"
    assert not together()
    assert str(together()) == ""


def test_html_is_escaped_once() -> None:
    assert OWES.__html__().startswith("Zoë {x} &lt;b&gt;O&#x27;Brien&lt;/b&gt; 株式会社")


def test_text_that_is_nobodys_to_translate_stays_as_it_is() -> None:
    assert str(verbatim("{not} a {template")) == "{not} a {template"
    assert not verbatim("")
    assert str(from_stored("{not} a {template", None)) == "{not} a {template"


texts = st.text(max_size=20)
moments = st.datetimes(timezones=st.just(UTC))
parts: st.SearchStrategy[Part] = st.recursive(
    st.one_of(
        texts,
        st.integers(),
        st.builds(Money, st.integers(-(10**15), 10**15), st.sampled_from(["EUR", "JPY"])),
        st.dates(),
        moments,
        st.builds(Period, st.dates(), st.dates()),
        st.builds(Remark, texts),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.builds(lambda part: say("word {part}", part=part), inner),
        st.builds(lambda count: say("{count} one", "{count} many", count=count), st.integers(0, 9)),
    ),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["who", "what", "when"]), parts))
def test_what_is_kept_reads_the_same(given_parts: dict[str, Part]) -> None:
    said = say("Said: " + ", ".join(f"{{{name}}}" for name in given_parts), **given_parts)
    back = from_stored(said.template, json.loads(json.dumps(stored_parts(said))))
    assert back == said
    assert write(back, PLAIN) == write(said, PLAIN)


@given(st.dictionaries(st.sampled_from(["who", "what", "when"]), parts))
def test_s9_without_figures_no_pen_writes_any(given_parts: dict[str, Part]) -> None:
    said = say(", ".join(f"{{{name}}}" for name in given_parts), **given_parts)
    masked = without_figures(said)
    write(masked, Strict())
    assert without_figures(masked) == masked


@pytest.mark.parametrize(
    ("written", "read"), [("7,391.57 to pay", "•••"), ("٧٣٩١", "•••"), ("By mistake", "By mistake"), ("", "")]
)
def test_s9_what_somebody_wrote_is_read_while_it_has_no_digits(written: str, read: str) -> None:
    said = say("Reversed: {reason}", reason=Remark(written))
    assert str(said) == f"Reversed: {written}"
    assert str(without_figures(said)) == f"Reversed: {read}"


def test_s9_text_from_before_is_taken_for_written() -> None:
    old = from_stored("Invoice of 12.50 posted", None)
    assert str(old) == "Invoice of 12.50 posted"
    assert str(without_figures(old)) == "•••"
    assert not from_stored("", None)


def test_a_sentence_can_be_compared_and_kept_in_a_set() -> None:
    assert len({OWES, OWES, say("x")}) == 2
    assert Sentence(OWES.template, OWES.parts) == OWES
