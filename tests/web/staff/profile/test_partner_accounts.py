"""Partner accounts in the back office: from either profile, the preview, the refusals, the deed, and who may."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db.engine import db
from portal.db.tables import SharedBalance
from tests.pages import PageClient
from tests.people import customer, link, partner, post, share
from tests.queries import counted
from tests.web.acme import HTMX, NASTY, browser_of, change, person
from tests.web.staff.office import audit, now, path, staff

LINK, UNLINK = "/partner-account/link", "/partner-account/unlink"


def two() -> None:
    """Alex and Sam, of whom Sam owes something today and from Christmas on."""
    customer("alex", name="Alex Moreau", kind="individual")
    customer("sam", name="Sam Moreau", kind="individual", billing_day=9)
    post("alex", "payment", 10000, "2026-11-02")
    post("sam", "invoice", 3500, "2026-11-03")
    post("sam", "payment", 2000, "2026-11-03", ledger="credit")
    post("sam", "invoice", 120, "2026-12-24")


def plan(here: str, other: str, primary: str = "") -> str:
    """The page on which two customers are about to share balances."""
    return path(here, f"{LINK}?other={now(other).public_id}" + (f"&primary={primary}" if primary else ""))


def shares() -> tuple[int, int]:
    """How many shared balances there ever were, and how many have ended."""
    db.session.rollback()
    ended = SharedBalance.ended_at
    ever, over = db.session.execute(select(func.count(), func.count(ended)).select_from(SharedBalance)).one()
    return ever, over


def test_p1_p2_the_whole_way_from_the_details_tab(app: Flask) -> None:
    two()
    client = staff(app, "admin")
    client.get(path("sam", "/details"))
    assert "Partner account None. Two customers of the same partner can share" in client.page.words
    assert path("sam", LINK) in client.page.links
    client.get(path("sam", LINK + "?q=alex"))
    choose = plan("sam", "alex")
    assert choose in client.page.links
    client.get(plan("sam", "alex", "other"))
    words = client.page.words
    assert "Share the balances of Alex Moreau with Sam Moreau" in words
    for shown in (
        "What moves to Alex Moreau",
        "22 Nov 2026 House Account −35.00",
        "24 Dec 2026 dated ahead House Account −1.20",
        "22 Nov 2026 Customer Credit +20.00",
        "In all −16.20",
        "House Account 100.00 65.00",
        "House Account −35.00 0.00",
        "by itself, on the 9th to with Alex Moreau, on the 1st",
        "Alex Moreau takes over what Sam Moreau owes, 16.20 EUR",
    ):
        assert shown in words, shown
    answer = client.submit(path("sam", LINK), {}, at=plan("sam", "alex", "other"))
    assert (answer.status_code, answer.location) == (303, path("sam", "/details"))
    client.get(answer.location)
    words = client.page.words
    assert (
        "Sam Moreau shares the balances of Alex Moreau. Alex Moreau took over 16.20 EUR that Sam Moreau owed" in words
    )
    assert "Shares balances with Alex Moreau Primary account Alex Moreau Since 22 Nov 2026" in words
    assert "Balances held by Alex Moreau" in words
    assert path("sam", UNLINK) in client.page.links
    assert now("sam").payer_reference == "alex"
    assert audit().count(("partner_accounts.link", "Sam Moreau shares the balances of Alex Moreau")) == 2
    client.get(path("alex", "/details"))
    assert "Shares balances with Sam Moreau Primary account Alex Moreau" in client.page.words
    assert path("alex", UNLINK) in client.page.links


@pytest.mark.parametrize(("primary", "payer"), [("here", "sam"), ("other", "alex"), ("", "sam")])
def test_p1_either_can_be_the_primary_account(app: Flask, primary: str, payer: str) -> None:
    two()
    client = staff(app, "admin")
    assert client.submit(path("sam", LINK), {}, at=plan("sam", "alex", primary)).status_code == 303
    assert {now("sam").payer_reference, now("alex").payer_reference} == {payer}


def test_p6_a_main_account_is_proposed_as_the_primary_one(app: Flask) -> None:
    two()
    customer("branch")
    link("alex", "branch")
    client = staff(app, "admin")
    client.get(plan("sam", "alex"))
    assert "Share the balances of Alex Moreau with Sam Moreau" in client.page.words
    client.get(plan("sam", "alex", "here"))
    assert "Alex Moreau is a main account." in client.page.words
    assert "A main account can be the primary account, never the secondary one." in client.page.words


@pytest.mark.parametrize("either", ["alex", "sam"])
def test_p4_unlinking_says_what_stays_and_with_whom(app: Flask, either: str) -> None:
    two()
    share("alex", "sam")
    client = staff(app, "admin")
    client.get(path(either))
    assert path(either, UNLINK) in client.page.links
    client.get(path(either, UNLINK))
    words = client.page.words
    assert "Stays with Alex Moreau EUR House Account +65.00 Customer Credit +20.00" in words
    assert "Alex Moreau pays for both to each pays for itself" in words
    answer = client.submit(path(either, UNLINK), {}, at=path(either, UNLINK))
    assert answer.location == path(either, "/details")
    client.get(answer.location)
    assert "65.00 EUR on the House Account and 20.00 EUR of Customer Credit stay with Alex Moreau." in client.page.words
    assert now("sam").payer_reference == "sam"
    assert shares() == (1, 1)


def test_ux14_a_refusal_lists_everything_and_where_to_settle_it(app: Flask) -> None:
    two()
    customer("kim", name="Kim")
    customer("far", name="Far away", of="Other Net", own_status="inactive")
    share("sam", "kim")
    client = staff(app, "admin")
    assert client.get(plan("sam", "far")).status_code == 200
    words = client.page.words
    assert "Sam Moreau and Far away can’t share balances yet Three things have to be settled first:" in words
    for sentence in (
        "Sam Moreau belongs to Harbour Net and Far away to Other Net.",
        "Far away is Inactive. Set it to New, Active or Blocked first.",
        "Sam Moreau already shares balances with Kim. Unlink that partner account first.",
    ):
        assert sentence in words
    assert path("far", "/details") in client.page.links
    assert path("sam", "/details") in client.page.links
    assert "Check again" in words
    assert "idempotency_key" not in client.page.hidden
    data = {**client.page.hidden, "other": now("far").public_id, "primary": "here", "mark": "x"}
    assert client.post(path("sam", LINK), data=data).status_code == 409
    assert "Far away is Inactive." in client.page.words
    assert shares() == (1, 0)


def test_p5_candidates_that_cannot_be_linked_say_why(app: Flask) -> None:
    two()
    for name in ("kim", "main", "branch", "asleep"):
        customer(name, name=name.title(), own_status="inactive" if name == "asleep" else "active")
    customer("far", name="Far away", of="Other Net")
    share("alex", "kim")
    link("main", "branch")
    client = staff(app, "admin")
    client.get(path("sam", LINK))
    words = client.page.words
    for hint in ("shares balances with Kim already", "shares balances with Alex Moreau already", "is Inactive"):
        assert hint in words
    assert "is paid for by Main" in words
    assert "Far away" not in words
    assert words.index("Main") < words.index("Cannot be linked as it is")
    client.get(path("alex", LINK))
    assert "Alex Moreau shares balances with Kim already" in client.page.words
    assert path("alex", UNLINK) in client.page.links
    assert client.get(path("sam", LINK + "?q=" + "x" * 300)).status_code == 200
    assert "Search for at most 200 characters." in client.page.words
    client.get(path("sam", LINK + "?q=nowhere"))
    assert "Only customers of Harbour Net can share balances with Sam Moreau." in client.page.words


def test_p6_an_aggregated_sub_account_is_not_offered_it(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    customer("branch")
    link("acme", "branch")
    client = staff(app, "admin")
    client.get(path("branch", "/details"))
    assert "Acme Ltd pays for this sub-account, so it cannot share balances with anybody." in client.page.words
    assert path("branch", LINK) not in client.page.links


def test_r10_a_double_click_links_once(app: Flask) -> None:
    two()
    client = staff(app, "admin")
    client.get(plan("alex", "sam"))
    sent = dict(client.page.hidden)
    answers = [client.post(path("alex", LINK), data=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert shares() == (1, 0)
    assert client.post(path("alex", LINK), data={**sent, "primary": "other"}).status_code == 422
    client.get(path("sam", UNLINK))
    sent = dict(client.page.hidden)
    assert [client.post(path("sam", UNLINK), data=sent).status_code for _ in range(2)] == [303, 303]
    assert shares() == (1, 1)


def test_r24_a_stale_preview_shows_the_new_figures(app: Flask) -> None:
    two()
    client = staff(app, "admin")
    client.get(plan("alex", "sam"))
    stale = dict(client.page.hidden)
    post("sam", "invoice", 777, "2026-12-31")
    assert client.post(path("alex", LINK), data=stale).status_code == 409
    assert "The figures have changed since you looked" in client.page.words
    assert "31 Dec 2026 dated ahead House Account −7.77" in client.page.words
    assert shares() == (0, 0)
    assert client.post(path("alex", LINK), data=dict(client.page.hidden)).status_code == 303
    client.get(path("alex", UNLINK))
    stale = dict(client.page.hidden)
    post("sam", "payment", 500, "2026-11-20")
    assert client.post(path("alex", UNLINK), data=stale).status_code == 409
    assert "Stays with Alex Moreau EUR House Account +70.00 Customer Credit +20.00" in client.page.words


def test_r13_the_second_administrator_is_told_who_was_faster(app: Flask) -> None:
    two()
    customer("kim", name="Kim")
    client = staff(app, "admin")
    client.get(plan("alex", "sam"))
    late = dict(client.page.hidden)
    share("kim", "sam")
    assert client.post(path("alex", LINK), data=late).status_code == 409
    assert "Sam Moreau already shares balances with Kim." in client.page.words
    client.get(path("kim", UNLINK))
    late = dict(client.page.hidden)
    other = staff(app, "super")
    assert other.submit(path("sam", UNLINK), {}, at=path("sam", UNLINK)).status_code == 303
    assert client.post(path("kim", UNLINK), data=late).status_code == 409
    assert "Kim has no partner account." in client.page.words
    assert client.get(path("kim", UNLINK)).status_code == 404


def test_sec11_the_preview_cannot_be_skipped(app: Flask) -> None:
    two()
    client = staff(app, "admin")
    client.get(plan("alex", "sam"))
    sent = {name: value for name, value in client.page.hidden.items() if name != "mark"}
    assert client.post(path("alex", LINK), data=sent).status_code == 422
    assert client.post(path("alex", LINK), data={"csrf_token": sent["csrf_token"]}).status_code == 404
    assert client.post(path("alex", LINK), data={**sent, "primary": "both", "mark": "x"}).status_code == 422
    assert shares() == (0, 0)
    share("alex", "sam")
    assert client.post(path("alex", UNLINK), data={"csrf_token": sent["csrf_token"]}).status_code == 422
    assert shares() == (1, 0)


def test_the_choice_of_the_primary_account_is_previewed_in_place(app: Flask) -> None:
    two()
    client = staff(app, "admin")
    fragment = client.get(plan("alex", "sam", "other"), headers=HTMX).get_data(as_text=True)
    assert "<html" not in fragment
    assert "What moves to <bdi>Sam Moreau" in fragment
    fragment = client.get(path("alex", LINK + "?q=sam"), headers=HTMX).get_data(as_text=True)
    assert "<html" not in fragment
    assert "1 customer found" in fragment


@pytest.mark.parametrize("who", ["desk", "operations"])
def test_p1_only_administrators_have_the_controls(app: Flask, who: str) -> None:
    two()
    customer("kim")
    share("alex", "sam")
    client = staff(app, who)
    for reference in ("alex", "kim"):
        client.get(path(reference, "/details"))
        assert not any("/partner-account/" in url for url in client.page.links)
    token = {"csrf_token": client.page.hidden["csrf_token"]}
    for reference, page in (("kim", LINK), ("alex", UNLINK)):
        assert client.get(path(reference, page)).status_code == 403
        assert client.post(path(reference, page), data={**token, "mark": "x"}).status_code == 403
    assert shares() == (1, 0)


def test_o1_somebody_of_another_partner_finds_nothing(app: Flask) -> None:
    two()
    partner("Other Net")
    customer("mine", of="Other Net")
    client = staff(app, "admin", of="Other Net")
    for page in (LINK, UNLINK):
        assert client.get(path("alex", page)).status_code == 404
    assert client.get(plan("mine", "alex")).status_code == 404


def test_customers_and_passers_by_stay_outside(app: Flask) -> None:
    person("alex")
    person("sam")
    share("alex", "sam")
    for page in (LINK, UNLINK):
        assert browser_of(app, "alex").get(path("alex", page)).status_code == 404
        assert app.test_client().get(path("alex", page)).status_code == 302


def test_sec45_names_are_text(app: Flask) -> None:
    two()
    change("sam", name=NASTY)
    client = staff(app, "admin")
    for page in (path("alex", LINK), plan("alex", "sam")):
        assert "<b>O" not in client.get(page).get_data(as_text=True)
        assert NASTY in client.page.words
    share("alex", "sam")
    for page in (path("alex", "/details"), path("alex", UNLINK)):
        assert "<b>O" not in client.get(page).get_data(as_text=True)
        assert NASTY in client.page.words


def asked(client: PageClient, page: str) -> int:
    with counted() as sent:
        assert client.get(page).status_code == 200
    return len(sent)


def test_pages_ask_as_much_for_many_as_for_few(app: Flask) -> None:
    two()
    client = staff(app, "admin")
    search, preview = path("alex", LINK), plan("alex", "sam", "here")
    for page in (search, preview):
        client.get(page)  # the first look of the day at somebody's finances is recorded (SEC62)
    few = [asked(client, page) for page in (search, preview)]
    for number in range(9):
        customer(f"more-{number}", name=f"Alma {number}")
        post("sam", "invoice", 5, f"2026-12-0{number + 1}")
    share("more-0", "more-1")
    assert [asked(client, page) for page in (search, preview)] == few
    assert max(few) <= 14, few
