"""The pages of memberships: what a family holds, buys, freezes, changes and ends (B5, B6, B9, B10)."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask import Flask

from portal.actions.bookings import booking
from portal.actions.bookings.planning import Wish
from portal.actions.customers import people
from portal.actions.memberships import buying, ending, freezing, glance, show
from portal.actions.memberships.buying import Purchase
from portal.rules.deciding import SYSTEM
from portal.rules.periods import Period
from tests import families, sessions
from tests.families import DEPENDENT
from tests.importing import clean
from tests.pages import PageClient
from tests.queries import counted
from tests.web.acme import browser_of

PLANS = (
    "external_id,name,partner,price,tax_rate,prices,period,class,included,age_to,freeze_days\n"
    "swim,Junior <b>Swim</b> 株式会社,Harbour Net,30.00,0,gross,month,swim,4,12,30\n"
    "gold,Gold,Harbour Net,60.00,0,gross,month,swim,,,30\n"
    "tiny,Tiny,Harbour Net,10.00,0,gross,month,swim,1,,30\n"
)


@pytest.fixture
def mum(app: Flask, frozen: object) -> PageClient:
    """A mother with a child that is billed by itself, and what can be bought."""
    families.switch()
    families.person("mum")
    families.child("leo")
    families.family("mum", leo=DEPENDENT)
    clean("membership-plans", PLANS)
    return browser_of(app, "mum")


def leo(path: str = "") -> str:
    return f"/for/{families.profile('leo').public_id}/memberships{path}"


def link(browser: PageClient, tail: str) -> str:
    """The link of the page that ends so."""
    return next(one for one in browser.page.links if re.search(tail, one))


def held(browser: PageClient) -> str:
    """The address of the newest membership of Leo."""
    browser.get(leo())
    return link(browser, r"/memberships/[0-9a-f]{20}$")


def test_b5_b6_a_membership_is_bought_for_a_child_with_price_and_payer_before(app: Flask, mum: PageClient) -> None:
    mum.get("/memberships")
    assert "No membership yet" in mum.page.words
    assert leo() in mum.page.links
    assert "Junior <b>Swim</b> 株式会社 is for people up to 12 years" in mum.page.words
    mum.get(leo())
    buy = next(one for one in mum.page.links if "/memberships/buy/" in one and "swim" not in one)
    mum.get(buy)
    assert {"first", "payer"} <= {field.get("name") for field in mum.page.fields}
    late = mum.submit(buy, {"first": "2026-11-01", "payer": "owner"})
    assert late.status_code == 409
    assert "2026-11-01 is past" in mum.page.words or "1 Nov" in mum.page.words
    looked = mum.submit(buy, {"first": "2026-11-22", "payer": "subject"}, at=buy)
    assert looked.status_code == 200
    assert "Charged to Leo" in mum.page.words
    mum.submit(buy, {"first": "2026-11-22", "payer": "owner"}, at=buy)
    assert "Charged to Mum" in mum.page.words
    assert "22 Dec" in mum.page.words
    done = mum.post(buy, data=mum.page.hidden)
    assert done.status_code == 303
    mum.get(done.location)
    assert "paid by Mum" in mum.page.words
    (bought,) = show.of_customer(SYSTEM, families.profile("leo"))
    assert (bought.payer.reference, bought.periods[0].charged) == ("mum", bought.upcoming.minor)
    again = mum.post(buy, data=mum.page.hidden)
    assert again.status_code in (303, 422)
    assert len(show.of_customer(SYSTEM, families.profile("leo"))) == 1


def test_b10_it_is_frozen_changed_and_ended_after_a_look_at_what_that_does(app: Flask, mum: PageClient) -> None:
    buying.buy(SYSTEM, Purchase("swim", "leo", date(2026, 11, 10)))
    sessions.session("swim/1", "2026-11-26T18:00", benefit_class="swim")
    booking.book(SYSTEM, [Wish("swim/1", "leo")])
    view = held(mum)
    mum.get(view)
    assert "3 of 4 visits left until 9 Dec" in mum.page.words
    assert "Swim/1" in mum.page.words or "Swim" in mum.page.words

    freeze = f"{view}/freeze"
    wrong = mum.submit(freeze, {"first": "2026-11-24", "last": "31.2.2027"})
    assert wrong.status_code == 422
    mum.submit(freeze, {"first": "2026-11-24", "last": "2026-11-30"}, at=freeze)
    assert "Bookings that are cancelled" in mum.page.words
    assert "Freeze it for 7 days" in mum.page.words
    mum.get(mum.post(freeze, data=mum.page.hidden).location)
    assert "4 of 4 visits left until 16 Dec" in mum.page.words
    mum.submit(f"{view}/unfreeze", {"first": "2026-11-26"}, at=f"{view}/unfreeze")
    mum.get(mum.post(f"{view}/unfreeze", data=mum.page.hidden).location)
    assert "until 11 Dec" in mum.page.words

    change = f"{view}/change"
    mum.get(change)
    names = {one["value"] for one in mum.page.fields if one.get("name") == "plan"}
    assert len(names) == 2
    assert mum.submit(change, {}).status_code == 422
    dearer = min(names, key=lambda one: "Gold" not in _label(mum, change, one))
    mum.submit(change, {"plan": dearer}, at=change)
    assert "not used, given back" in mum.page.words
    stale = mum.post(change, data={**mum.page.hidden, "mark": "other"})
    assert stale.status_code == 409
    mum.get(mum.post(change, data=mum.page.hidden).location)
    assert "any number of visits" in mum.page.words

    mum.get(f"{view}/end")
    assert "End it on" in mum.page.words
    mum.get(mum.post(f"{view}/end", data=mum.page.hidden).location)
    assert "Last day" in mum.page.words
    mum.get(f"{view}/end/undo")
    mum.get(mum.post(f"{view}/end/undo", data=mum.page.hidden).location)
    assert "Renews on" in mum.page.words


def _label(browser: PageClient, path: str, value: str) -> str:
    html = browser.get(path).text
    found = re.search(rf'value="{value}".*?class="text">\s*([^<]+)', html, re.DOTALL)
    return found[1] if found else ""


def test_sec3_nobody_sees_or_ends_what_others_hold(app: Flask, mum: PageClient) -> None:
    clean("memberships", "external_id,plan,customer,from\nm,swim,leo,2026-11-10\n")
    view = held(mum)
    own = view.split("/memberships")[1]
    assert mum.get(f"/memberships{own}").status_code == 404
    families.person("stranger")
    other = browser_of(app, "stranger")
    for path in (view, f"/memberships{own}", f"/memberships{own}/end", f"{view}/freeze"):
        assert other.get(path).status_code == 404
    assert other.post(f"{view}/end", data={}).status_code in (400, 404, 422)
    assert show.one(SYSTEM, "m").ends_on is None


def test_a_list_of_memberships_takes_the_same_queries_however_long_it_is(app: Flask, mum: PageClient) -> None:
    clean("memberships", "external_id,plan,customer,from\nm1,swim,leo,2026-11-10\n")
    mum.get(leo())  # the first look of a day leaves a trace
    with counted() as few:
        mum.get(leo())
    more = "".join(f"m{number},tiny,leo,2026-11-1{number}\n" for number in range(2, 8))
    clean("memberships", f"external_id,plan,customer,from\n{more}")
    with counted() as many:
        mum.get(leo())
    assert len(many) == len(few)


def test_b9_home_says_what_is_left_and_when_it_renews_as_its_page_does(app: Flask, mum: PageClient) -> None:
    mum.get("/")
    assert "renews on" not in mum.page.words
    card = "card,Card <b>,Harbour Net,50.00,0,gross,,10\n"
    clean("membership-plans", "external_id,name,partner,price,tax_rate,prices,period,visits\n" + card)
    rows = "m,swim,leo,2026-11-10,,\nc,card,mum,2026-11-01,,\n"
    rows += "over,gold,mum,2025-11-10,2025-12-09,\nw,gold,mum,2026-11-20,,\n"
    clean("memberships", "external_id,plan,customer,from,until,state\n" + rows)
    sessions.session("swim/1", "2026-11-26T18:00", benefit_class="swim")
    booking.book(SYSTEM, [Wish("swim/1", "leo", membership="m"), Wish("swim/1", "mum", membership="c")])
    ending.end(SYSTEM, "w")
    freezing.freeze(SYSTEM, "m", Period(date(2026, 11, 22), date(2026, 11, 24)))
    mum.get("/")
    profile, wards = families.profile("mum"), people.standing(families.as_("mum")).wards
    cards = {one.public_id: one for one in glance.held(families.as_("mum"), profile, wards)}
    shown = {one.public_id: one for who in ("mum", "leo") for one in show.of_customer(SYSTEM, families.profile(who))}
    assert {one.public_id for one in shown.values() if not one.is_over} == cards.keys()
    for key, card in cards.items():
        page = shown[key]
        assert (card.left, card.frozen) == (page.included_left, page.frozen_now is not None)
        assert card.renews_on == (page.upcoming.on if page.upcoming else None)
    words = " ".join(mum.page.words.split())
    assert "Junior <b>Swim</b> 株式会社 Leo · frozen 3 of 4 left" in words
    assert "Card <b> Mum · without an end 9 of 10 left" in words
    assert "Gold Mum · until 19 Dec" in words
    with counted() as sent:
        mum.get("/")
    assert len(sent) <= 8, "\n\n".join(sent)
