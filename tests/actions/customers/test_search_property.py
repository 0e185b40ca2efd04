"""Whatever is searched for, both engines find what reading every customer would find, in the same order."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.db.customers.profiles import searchable
from portal.db.customers.search import finding as customer_search
from portal.db.customers.search.asking import SORTS, CustomerFilter
from portal.db.customers.search.finding import FoundCustomer, search
from portal.db.engine import db, writes
from portal.db.folding import fold
from portal.db.tables import Customer, Login, Partner, SubAccountLink
from portal.outside import clock
from portal.rules.customers.search_fields import USUAL, SearchField
from portal.rules.customers.status import Kind, Status
from tests.people import partner

NAMES = (
    *(
        "Dana Novák",
        "Novak & Søn",
        "Łucja Kowalska",
        "株式会社 東京",
        "علي حسن",
        "🙂 Emoji",
        "100% Wool",
        "a_b c",
        "O'Brien",
    ),
    *(
        '"Quoted" Ltd',
        "Ab",
        "A",
        "dana",
        "Zed Dana",
        "Kowal Novak Holding",
        "Back\\slash",
        "AND OR NOT",
        "own : x",
        "abcd1",
    ),
)
PHONES = ("", "+44 20 7946-0958", "(0800) 12.34", "600/700/800")
WORDS = (
    *(
        "nov",
        "novak",
        "dana",
        "kow",
        "a",
        "ab",
        "b",
        "n",
        "%",
        "_",
        "\\",
        '"',
        "'",
        "*",
        "100%",
        "a_b",
        "o'b",
        "株式",
        "علي",
        "🙂",
    ),
    *(
        "and",
        "OR",
        "not",
        "own:",
        "-",
        "k-",
        "k-1",
        "K-11",
        "abcd",
        "2079460958",
        "020 7946",
        "0800",
        "12.34",
        "600",
        "600 700",
    ),
    *("door", "@door.test", "login3", "lane", "7 lane", "holding", "ol", "zed", "{own main}", "near(", "x" * 60),
)
FIELDS = st.sampled_from([USUAL, frozenset(SearchField)]) | st.frozensets(st.sampled_from(SearchField), min_size=1)


@dataclass
class Person:
    """A customer as the model knows it."""

    row: Customer
    partner: str
    logins: str
    main: Customer | None
    mode: str
    subs: int

    @property
    def status(self) -> str:
        own = self.row.own_status
        if self.main is None or self.mode != "aggregated" or own == "inactive":
            return own
        return self.main.own_status if self.main.own_status in ("inactive", "blocked") else own


@writes
def fill(keys: list[int]) -> None:
    """Customers with every name, some of them alike, with logins, links and all statuses."""
    partners = [db.session.get_one(Partner, key) for key in keys]
    made = []
    for number in range(2 * len(NAMES)):
        name, phone = NAMES[number % len(NAMES)], PHONES[number % len(PHONES)]
        email, address = f"P{number}@post.test", "7 Lane\nGdańsk" if number % 3 else ""
        external_id = None if number % 9 == 8 else f"{'K' if number % 2 else 'k'}-{number % 19}{'x' * (number > 18)}"
        row = Customer(
            partner_id=partners[number % 5 == 0].id,
            public_id=f"abcd{number:016x}" if number % 4 == 0 else f"{number:02x}ff{number:016x}",
            external_id=external_id,
            name=name,
            kind="business" if number % 4 == 0 else "individual",
            email=email,
            phone=phone,
            address=address,
            own_status=("active", "active", "blocked", "new", "inactive")[number % 5],
            created_at=clock.now() - timedelta(days=number % 3),
            **searchable(name, email, "", phone, address, external_id),
        )
        db.session.add(row)
        db.session.flush()
        made.append(row)
        for place in range(number % 3):
            db.session.add(
                Login(email=f"login{number}.{place}@door.test", name="x", customer_id=row.id, created_at=clock.now())
            )
    for number, sub in enumerate(made):
        main = made[4 * (number % 3)]
        if number > 8 and number % 2 and main.partner_id == sub.partner_id:
            mode = "aggregated" if number % 3 else "independent"
            link = SubAccountLink(
                partner_id=sub.partner_id, main_id=main.id, sub_id=sub.id, mode=mode, started_at=clock.now()
            )
            db.session.add(link)


def people() -> list[Person]:
    rows = {row.id: row for row in db.session.scalars(select(Customer))}
    names = {row.id: row.name for row in db.session.execute(select(Partner.id, Partner.name))}
    links = {link.sub_id: link for link in db.session.scalars(select(SubAccountLink))}
    logins: dict[int, list[str]] = {}
    for owner, email in db.session.execute(select(Login.customer_id, Login.email)):
        logins.setdefault(owner or 0, []).append(email)
    return [
        Person(
            *(row, names[row.partner_id], " ".join(logins.get(row.id, []))),
            *((rows[links[row.id].main_id], links[row.id].mode) if row.id in links else (None, "")),
            sum(link.main_id == row.id for link in links.values()),
        )
        for row in rows.values()
    ]


def joined(folded: str) -> str:
    """The words that stand there with and without their apostrophes, without them; they are found as addresses are."""
    return " ".join(word.replace("'", "") for word in folded.split() if "'" in word)


def plain(phone: str) -> str:
    return re.sub(r"[ \-/.()]", "", phone)


def own_texts(person: Person, fields: frozenset[SearchField]) -> list[str]:
    row, f = person.row, SearchField
    texts = {
        f.NAME: [row.folded_name, row.folded_name.replace("'", "")],
        f.EMAIL: [row.email.lower(), row.billing_email.lower()],
        f.PHONE: [row.phone, plain(row.phone)],
        f.LOGIN: [person.logins],
        f.NUMBER: [(row.external_id or "").lower()],
        f.ADDRESS: [fold(row.address), joined(row.folded)],
        f.MAIN_ACCOUNT: [],
    }
    return [text for field in fields for text in texts[field]]


def above(person: Person, fields: frozenset[SearchField]) -> list[str]:
    if person.main is None or SearchField.MAIN_ACCOUNT not in fields:
        return []
    return [person.main.folded_name, (person.main.external_id or "").lower()]


def holds(text: str, word: str) -> bool:
    return word in text if len(word) >= 3 else f" {word}" in f" {text}"


def matches(person: Person, text: str, fields: frozenset[SearchField], *, main: bool) -> bool:
    texts = own_texts(person, fields) + (above(person, fields) if main else [])
    coded = [person.row.public_id] if SearchField.NUMBER in fields else []
    if main and person.main and SearchField.MAIN_ACCOUNT in fields and SearchField.NUMBER in fields:
        coded.append(person.main.public_id)
    digits = re.sub(r"\D", "", text)
    number = SearchField.PHONE in fields and re.fullmatch(r"[\d\s+()./-]{4,}", text) and len(digits) >= 4
    if number and digits in plain(person.row.phone):
        return True
    return all(
        any(holds(one, word) for one in texts)
        or (re.fullmatch(r"[0-9a-f]{4,20}", word) and any(one.startswith(word) for one in coded))
        for word in text.split()[:8]
    )


def expected(wanted: CustomerFilter, bound_to: int | None) -> list[tuple[str, bool]]:
    f = SearchField
    kept = [
        one
        for one in everybody
        if matches(one, wanted.text, wanted.fields, main=True)
        and bound_to in (None, one.row.partner_id)
        and wanted.partner_id in (None, one.row.partner_id)
        and (wanted.status is None or one.status == wanted.status.value)
        and (wanted.kind is None or one.row.kind == wanted.kind.value)
        and {"": True, "main": one.subs > 0, "sub": bool(one.main), "none": not one.main and not one.subs}[
            wanted.linked
        ]
    ]
    keys: dict[str, Callable[[Person], Any]] = {
        "name": lambda one: "",
        "status": lambda one: one.status,
        "partner": lambda one: one.partner,
        "added": lambda one: one.row.created_at,
    }
    kept.sort(key=lambda one: (keys[wanted.sort](one), one.row.folded_name, one.row.id), reverse=wanted.descending)
    if wanted.text:
        kept.sort(key=lambda one: (one.row.external_id or "").lower() != wanted.text)
    by_main = bool(wanted.text) and f.MAIN_ACCOUNT in wanted.fields
    return [(one.row.public_id, by_main and not matches(one, wanted.text, wanted.fields, main=False)) for one in kept]


searches = st.builds(
    CustomerFilter,
    text=st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=3).map(
        lambda words: fold(" ".join(words).replace("\x00", " "))
    ),
    partner_id=st.sampled_from([None, None, 1, 2]),
    status=st.sampled_from([None, None, *Status]),
    kind=st.sampled_from([None, None, *Kind]),
    linked=st.sampled_from(["", "", "main", "sub", "none"]),
    sort=st.sampled_from(["name", *SORTS]),
    descending=st.booleans(),
    page=st.integers(1, 3),
    size=st.sampled_from([1, 7, 50]),
    fields=FIELDS,
)


@pytest.fixture(params=[(1_000, 5_000, 20_000), (12, 15, 20), (3, 4, 6)], ids=["usual", "small", "tiny"])
def limits(request: pytest.FixtureRequest, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many matches are counted and gathered, and how far a list is read: few, so that all ways come to pass."""
    most, gathered, walked = request.param
    monkeypatch.setattr(customer_search, "MOST", most)
    monkeypatch.setattr(customer_search, "GATHERED", {True: gathered, False: gathered})
    monkeypatch.setattr(customer_search, "WALKED", walked)
    fill([partner("Harbour Net"), partner("Lakeside")])
    everybody[:] = people()
    db.session.rollback()


everybody: list[Person] = []
"""Filled anew for each test."""


@pytest.mark.usefixtures("limits")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=searches, bound_to=st.sampled_from([None, None, 1, 2]))
def test_j4_the_index_finds_what_reading_everything_finds(wanted: CustomerFilter, bound_to: int | None) -> None:
    found = search(wanted, bound_to=bound_to)
    everyone = expected(wanted, bound_to)
    most = customer_search.MOST
    begin = (wanted.page - 1) * wanted.size
    assert [told(row) for row in found.rows] == everyone[:most][begin : begin + wanted.size]
    if found.rows or wanted.page == 1:
        assert (found.total, found.more) == (min(len(everyone), most), len(everyone) > most)


def told(row: FoundCustomer) -> tuple[str, bool]:
    return row.public_id, row.by_main
