"""O2: who gets a copy, who does not and why, and what a message says to each."""

from __future__ import annotations

import pytest

from portal.rules.errors import Invalid
from portal.rules.messages import filters, texts
from portal.rules.messages.sharing import Candidate, Copy, Reached, Sharing
from portal.rules.messages.states import MessageKind, Way, Why

MUM = Reached(9, "mum@example.org", "", True)


def someone(key: int, email: str = "", phone: str = "", *, signs_in: bool = False, **more: object) -> Candidate:
    return Candidate(Reached(key, email, phone, signs_in), **more)  # type: ignore[arg-type]


def copies(*some: Candidate, ways: tuple[Way, ...] = (Way.EMAIL,), kind: MessageKind = MessageKind.NEWS) -> list[Copy]:
    sharing = Sharing(kind, ways)
    return [sharing.copy_for(one) for one in some]


def test_o2_one_mail_to_an_address_whoever_shares_it() -> None:
    """The worked example: addresses are compared without case and outer spaces."""
    found = copies(someone(1, "anna@example.org"), someone(2, " Anna@Example.org"), someone(3, "bert@example.org"))
    assert [(one.why, one.address, one.shared_with) for one in found] == [
        (Why.NOT, "anna@example.org", None),
        (Why.SAME_ADDRESS, "Anna@Example.org", 1),
        (Why.NOT, "bert@example.org", None),
    ]


@pytest.mark.parametrize(
    ("one", "kind", "why"),
    [
        (someone(1, "a@b.example", declined=True), MessageKind.NEWS, Why.DECLINED),
        (someone(1, "a@b.example", declined=True), MessageKind.SERVICE, Why.DECLINED),
        (someone(1, "a@b.example", declined=True), MessageKind.MONEY, Why.NOT),
        (someone(1, "a@b.example", inactive=True), MessageKind.MONEY, Why.INACTIVE),
        (someone(1), MessageKind.NEWS, Why.NO_ADDRESS),
        (someone(1, "", "+44 1273 555 010"), MessageKind.NEWS, Why.NO_ADDRESS),
    ],
)
def test_o2_why_somebody_gets_none(one: Candidate, kind: MessageKind, why: Why) -> None:
    (found,) = copies(one, kind=kind)
    assert found.why is why
    assert bool(found.why.sentence("a", "b")) is bool(why)


def test_o2_the_first_way_by_which_somebody_is_reached_is_taken() -> None:
    ways = (Way.SMS, Way.EMAIL, Way.PORTAL)
    found = copies(
        someone(1, "a@b.example", "+44 1273 555 010"),
        someone(2, "a@b.example", "ask Rosa"),
        someone(3, signs_in=True),
        someone(4, "", "0044 1273 555010"),
        ways=ways,
    )
    assert [(one.way, one.address) for one in found] == [
        (Way.SMS, "+441273555010"),
        (Way.EMAIL, "a@b.example"),
        (Way.PORTAL, ""),
        (None, "+441273555010"),
    ]


def test_o2_for_whom_has_nothing_the_copy_goes_once_to_who_acts_for_them() -> None:
    found = copies(someone(1, guardians=(MUM,)), someone(2, guardians=(MUM,)), someone(9, MUM.email))
    assert [(one.reader_id, one.why, one.shared_with) for one in found] == [
        (9, Why.NOT, None),
        (None, Why.SAME_ADDRESS, 1),
        (None, Why.SAME_ADDRESS, 1),
    ]


def test_o2_what_is_put_in_is_each_persons_own_and_not_looked_at_again() -> None:
    places = {"first name": "Zoë {name}", "name": "Zoë <b>O'Brien</b> 株式会社", "people": "Leo"}
    assert texts.filled("Hello {First Name}, {people}: {name}!", places) == (
        "Hello Zoë {name}, Leo: Zoë <b>O'Brien</b> 株式会社!"
    )
    assert texts.paragraphs("One\ntwo\r\n\r\nthree\n \n\nfour") == [["One", "two"], ["three"], ["four"]]


@pytest.mark.parametrize(
    ("subject", "text", "ways", "fields"),
    [
        ("", " ", (Way.EMAIL,), {"subject", "text"}),
        ("Pool {balance}", "Hello {wallet}", (Way.EMAIL,), {"subject", "text"}),
        ("Pool", "x" * 601, (Way.EMAIL, Way.SMS), {"text"}),
        ("Pool", "x" * 10_001, (Way.EMAIL,), {"text"}),
        ("Pool\nBcc: all@example.org", "Hello", (Way.EMAIL,), {"subject"}),
    ],
)
def test_o2_sec47_words_that_cannot_be_sent(subject: str, text: str, ways: tuple[Way, ...], fields: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        texts.check(subject, text, ways)
    assert set(refused.value.fields) == fields


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        (["colour=red"], "not something to filter by"),
        (["status=asleep"], "not one of new, active, blocked, inactive"),
        (["partner=A", "partner=B"], "is there twice"),
        (["partner= "], "Say who is to get it"),
        ([], "Say who is to get it"),
    ],
)
def test_o2_filters_that_are_none(pairs: list[str], why: str) -> None:
    with pytest.raises(Invalid, match=why):
        filters.read(pairs)
    found = filters.read(["status=Active,new", "q=river"])
    assert found.kept == {"status": "active,new", "text": "river"}
