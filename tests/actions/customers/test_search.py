"""Searching customers as an action: what matches, in which order, at what cost, and for whom."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.actions.customers import search as customer_search
from portal.actions.customers.search import Wanted
from portal.rules.customers.search_fields import SearchField
from portal.rules.customers.status import Kind, Status
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Invalid, Missing, NotAllowed
from portal.rules.holders import Role
from tests.logins import administrator, login
from tests.people import customer, link, partner
from tests.queries import counted
from tests.web.staff.office import now


def found(text: str = "", actor: Actor = SYSTEM, **more: object) -> list[str | None]:
    page = customer_search.search(actor, Wanted(text=text, **more))  # type: ignore[arg-type]
    return [row.external_id for row in page.rows]


def test_every_word_must_match_somewhere(app: Flask) -> None:
    customer("dana", name="Dana Novák", email="dana@one.test")
    customer("leo", name="Leo Novák", email="leo@two.test")
    assert found("novak") == ["dana", "leo"]
    assert found("novak two.test") == ["leo"]
    assert found("novak nowhere") == []


@pytest.mark.parametrize("text", ["obrien", "o'brien", "O’Brien", "OBRIEN zoe", "brien"])
def test_an_apostrophe_is_typed_or_not(app: Flask, text: str) -> None:
    customer("zoe", name="Zoë O’Brien")
    customer("other", name="Brian O")
    assert found(text) == ["zoe"]
    me = administrator("sol@staff.test")
    customer_search.choose_search_fields(me, frozenset({SearchField.NAME}))
    assert found(text, me) == ["zoe"]


def test_an_exact_number_comes_first(app: Flask) -> None:
    customer("b-1", name="Aaa b-12")
    customer("b-12", name="Zzz")
    assert found("b-12") == ["b-12", "b-1"]


@pytest.mark.parametrize("text", ["%", "_", "\\", "'; DROP TABLE customer; --", "\x00", "\u202e", "🙂" * 20])
def test_odd_characters_are_only_text(app: Flask, text: str) -> None:
    customer("dana", name="Dana")
    assert found(text) in ([], ["dana"])
    assert found("dana") == ["dana"]


def test_wildcards_mean_themselves(app: Flask) -> None:
    customer("dana", name="Dana")
    assert found("d_na") == []
    assert found("d%a") == []


def test_l11_filters_look_at_the_status_shown(app: Flask) -> None:
    customer("acme", own_status="blocked")
    customer("branch", kind="individual")
    link("acme", "branch")
    customer("free")
    assert found(status=Status.BLOCKED) == ["acme", "branch"]
    assert found(status=Status.BLOCKED, kind=Kind.INDIVIDUAL) == ["branch"]
    assert found(linked="none") == ["free"]
    assert found(sort="status") == ["free", "acme", "branch"]


def test_the_number_of_queries_does_not_grow(app: Flask) -> None:
    customer("acme")
    with counted() as few:
        found()
    for number in range(30):
        customer(f"c{number}")
        link("acme", f"c{number}")
    with counted() as many:
        found()
    assert len(many) == len(few)


def test_who_may_search_and_where(app: Flask) -> None:
    near = customer("near")
    customer("far", of="Other Net")
    bound = administrator("bound@staff.test", Role.FRONT_OF_HOUSE, partner("Other Net"))
    assert found(actor=bound) == ["far"]
    with pytest.raises(Missing):
        found(actor=login(near, "near@portal.test"))
    with pytest.raises(NotAllowed):
        found(actor=Actor("nobody", role=Role.OPERATIONS))
    with pytest.raises(Invalid):
        found(actor=bound, partner=now("near").partner_public_id)


def test_candidates_begin_with_those_that_can_be_linked(app: Flask) -> None:
    for name in ("acme", "rival", "aaa", "new"):
        customer(name, name=name)
    customer("far", name="far aaa", of="Other Net")
    link("rival", "aaa")
    shown = customer_search.find_other(SYSTEM, now("acme"), "", as_main=False)
    assert [(one.customer.external_id, str(one.hint)) for one in shown.rows] == [
        ("new", ""),
        ("aaa", "is a sub-account of rival"),
        ("rival", "has sub-accounts of its own"),
    ]
    assert shown.total == 3
    with_text = customer_search.find_other(SYSTEM, now("acme"), "aaa", as_main=False)
    assert ("far", "belongs to Other Net") in [(one.customer.external_id, str(one.hint)) for one in with_text.rows]
