"""Likely doubles: what two customers have in common, and how it is asked about (C5)."""

from __future__ import annotations

from datetime import date

import pytest

from portal.rules.customers.doubles import Double, Identity, Match, in_common, questions

BORN = date(2018, 9, 21)
LEO = Identity("leo novak", BORN, "leo@novak.test", "+441273555041")


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (Identity("leo novak", BORN), (Match.BORN,)),
        (Identity("leo novak"), ()),
        (Identity("leo novak", date(2018, 9, 22)), ()),
        (Identity("mia novak", BORN), ()),
        (Identity("l. novak", email="leo@novak.test"), (Match.EMAIL,)),
        (Identity("l. novak", phone="+441273555041"), (Match.PHONE,)),
        (Identity("leo novak", BORN, "leo@novak.test", "+441273555041"), (Match.BORN, Match.EMAIL, Match.PHONE)),
        (Identity("leo novak", None, "other@novak.test", "+441273555000"), ()),
    ],
)
def test_c5_what_makes_a_likely_double(other: Identity, why: tuple[Match, ...]) -> None:
    assert in_common(LEO, other) == why
    assert in_common(other, LEO) == why


def test_c5_what_is_not_known_is_never_the_same() -> None:
    assert in_common(Identity("leo"), Identity("leo")) == ()


def test_c5_staff_read_who_it_is_and_why() -> None:
    double = Double("0" * 20, "Leo Novák", "demo-child", BORN, (Match.BORN, Match.PHONE))
    (asked,) = questions([double], by_staff=True)
    assert (asked.rule, asked.remedy_page, asked.remedy_for) == ("C5", "customer", "0" * 20)
    assert str(asked.message) == (
        "Leo Novák (demo-child), born on 2018-09-21 is a customer already: same name and date of birth, "
        "same phone number."
    )
    (told,) = questions([double], by_staff=False)
    assert str(told.message).startswith("You look after Leo Novák already: ")
    assert "demo-child" not in str(told.message)
