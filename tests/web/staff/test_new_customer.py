"""Making a customer in the back office, and being asked about likely doubles first (C5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db.engine import db
from portal.db.tables import Customer, Partner
from tests import families
from tests.families import DEPENDENT
from tests.pages import PageClient
from tests.people import customer, partner
from tests.web.acme import at, browser_of
from tests.web.staff.office import path, staff

NEW = "/staff/customers/new"
LEO = {"kind": "individual", "given_name": "Leo", "family_name": "Novák", "born_on": "21 Sep 2018"}


def how_many() -> int:
    db.session.rollback()
    count = db.session.query(Customer).count()
    db.session.rollback()
    return count


@pytest.fixture(autouse=True)
def closed(app: Flask) -> Iterator[None]:
    """What a test reads last is not left open for the next one."""
    yield
    db.session.rollback()


@pytest.fixture
def desk(app: Flask) -> PageClient:
    partner()
    return staff(app, "desk")


def test_c5_the_desk_makes_a_customer_from_what_was_searched_in_vain(desk: PageClient) -> None:
    for page in ("/staff", "/staff/customers", "/staff/front-desk"):
        desk.get(page)
        assert NEW in desk.page.links, page
    desk.get("/staff/front-desk?q=Leo+Nov%C3%A1k")
    begun = next(link for link in desk.page.links if link.startswith(f"{NEW}?q="))
    html = desk.get(begun).get_data(as_text=True)
    assert 'value="Leo"' in html
    assert 'value="Novák"' in html
    answer = desk.submit(NEW, {**LEO, "phone": "+420 541 555 111"}, at=begun)
    assert answer.status_code == 303
    desk.get(answer.location)
    assert "Leo Novák is a customer of Harbour Net now" in desk.page.words
    made = db.session.query(Customer).one()
    assert (made.name, made.born_on, made.phone) == ("Leo Novák", date(2018, 9, 21), "+420 541 555 111")


def test_c5_a_business_has_its_name_and_an_individual_two(desk: PageClient) -> None:
    assert desk.submit(NEW, {"kind": "business", "given_name": "Leo"}).status_code == 422
    assert "Enter the customer’s name." in desk.page.words
    assert desk.submit(NEW, {"kind": "individual", "name": "Acme Ltd"}).status_code == 422
    assert "Enter the given name." in desk.page.words
    assert desk.submit(NEW, {"kind": "individual", "given_name": "Leo", "email": "nobody"}).status_code == 422
    assert "“nobody” is not an email address." in desk.page.words
    assert desk.submit(NEW, {"kind": "business", "name": "Acme Ltd", "given_name": "Leo"}).status_code == 303
    made = db.session.query(Customer).one()
    assert (made.name, made.given_name, made.kind.value) == ("Acme Ltd", "", "business")


def test_c5_a_likely_double_is_shown_before_it_is_made(desk: PageClient) -> None:
    customer("leo", name="Leo NOVAK", kind="individual", born_on=date(2018, 9, 21))
    assert desk.submit(NEW, LEO).status_code == 409
    assert how_many() == 1
    words = desk.page.words
    assert "Is Leo Novák there already?" in words
    assert "Leo NOVAK (leo), born on 21 Sept 2018 is a customer already: same name and date of birth." in words
    assert path("leo") in desk.page.links
    anyway = {**LEO, **desk.page.hidden, "anyway": "yes"}
    first = desk.post(NEW, data=anyway)
    assert first.status_code == 303
    assert desk.post(NEW, data=anyway).location == first.location, "R10: sent twice, made once"
    assert how_many() == 2


def test_c5_enter_never_means_anyway(desk: PageClient) -> None:
    customer("leo", name="Leo Novák", kind="individual", born_on=date(2018, 9, 21))
    html = desk.submit(NEW, LEO).get_data(as_text=True)
    main = html[html.index('action="" method') if 'action="" method' in html else html.index("Look before there are") :]
    assert main.index("Create the customer") < main.index('name="anyway"'), "the first button is the one Enter presses"


def test_sec4_of_another_partner_nobody_is_shown(app: Flask) -> None:
    customer("leo", name="Leo Novák", of="Other Net", kind="individual", born_on=date(2018, 9, 21))
    partner()
    client = staff(app, "admin", of="Harbour Net")
    client.get(NEW)
    assert "Other Net" not in client.page.words
    assert client.submit(NEW, LEO).status_code == 303
    assert client.submit(NEW, {**LEO, "given_name": "Lea", "partner": "Other Net"}).status_code == 303
    db.session.rollback()
    assert {one.partner_id for one in db.session.query(Customer).filter(Customer.name.startswith("Le"))} == {
        partner("Other Net"),
        partner(),
    }
    assert db.session.query(Customer).filter_by(name="Lea Novák").one().partner_id == partner(), (
        "its own, whatever is sent"
    )


def test_c5_among_several_partners_one_is_chosen_and_none_is_made(app: Flask) -> None:
    partner()
    partner("Other Net")
    client = staff(app, "super")
    assert client.submit(NEW, {**LEO, "partner": "Typed Net"}).status_code == 422
    assert "Choose one of the partners in the list." in client.page.words
    assert client.submit(NEW, {**LEO, "partner": "Other Net"}).status_code == 303
    assert now_partners() == {"Harbour Net", "Other Net"}


def now_partners() -> set[str]:
    db.session.rollback()
    return set(db.session.scalars(select(Partner.name)))


def test_c5_staff_are_asked_when_they_add_a_newcomer_to_a_group(app: Flask) -> None:
    families.switch()
    families.person("dana", name="Dana Novák")
    families.child("leo", name="Leo Novák", born_on=date(2018, 9, 21))
    families.child("mia", name="Mia Novák")
    group = families.family("dana", mia=DEPENDENT)
    client = staff(app, "admin")
    page = path("dana", f"/groups/{group}/add?way=new")
    wanted = {"given_name": "Leo", "family_name": "Novák", "born_on": "21 Sep 2018"}
    assert client.submit(page, wanted).status_code == 409
    assert path("leo") in client.page.links
    before = how_many()
    assert client.post(page, data={**wanted, **client.page.hidden, "anyway": "yes"}).status_code == 303
    assert how_many() == before + 1


def test_c5_an_owner_is_shown_the_child_they_look_after(app: Flask) -> None:
    families.switch()
    families.person("dana", name="Dana Novák")
    families.child("leo", name="Leo Novák", born_on=date(2018, 9, 21))
    families.child("stranger", name="Tom Winter", born_on=date(2017, 3, 4))
    group = families.family("dana", leo=DEPENDENT)
    dana, page = browser_of(app, "dana"), f"/my-group/{group}/add"
    wanted = {"given_name": "Leo", "family_name": "Novak", "born_on": "21 Sep 2018"}
    assert dana.submit(page, wanted).status_code == 409
    assert "You look after Leo Novák already: same name and date of birth." in dana.page.words
    assert f"/for/{at('leo').public_id}/" in dana.page.links
    assert "Add anyway" in dana.page.words
    sent = {**wanted, **dana.page.hidden, "anyway": "yes"}
    before = how_many()
    assert dana.post(page, data=sent).status_code == 303
    assert dana.post(page, data=sent).status_code == 303
    assert how_many() == before + 1
    tom = {"given_name": "Tom", "family_name": "Winter", "born_on": "4 Mar 2017"}
    assert dana.submit(page, tom).status_code == 303, "nothing is said of strangers"
