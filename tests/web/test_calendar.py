"""The family's calendar by week and list, and the address that phones subscribe to (B3)."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask
from icalendar import Calendar

from portal.actions import groups
from portal.rules.deciding import SYSTEM
from portal.web.bookings import calendar as pages
from tests.cli.commands import answer, run
from tests.families import ADMIN, DEPENDENT, address, child, family, member, person, profile, switch
from tests.people import service
from tests.queries import counted
from tests.timetable import activity, book, session
from tests.web.acme import browser_of, change


def week_of_the_family() -> str:
    """Mum looks after Mia and Leo with the nanny; Leo has two things at once on Saturday, and waits for another."""
    for name in ("mum", "nanny", "stranger"):
        person(name)
    child("mia", name="Mia عربى")
    child("leo", name="Leo <b>O'Brien</b>")
    switch()
    group = family("mum", nanny=ADMIN, mia=DEPENDENT, leo=DEPENDENT)
    for name, place in (("swim", "Pool"), ("judo", "Hall"), ("camp", ""), ("yoga", "")):
        activity(name, place=place, name=f"{name.title()} 株式会社", cancel_until="1 day")
    session("swim1", "swim", "2026-11-28T10:00", 45)
    session("judo1", "judo", "2026-11-28T10:15", 60)
    session("touching", "judo", "2026-11-28T11:15", 30)
    session("camp1", "camp", "2026-11-26", 1440)
    session("yoga1", "yoga", "2026-11-23T20:30", 60)
    session("next", "swim", "2026-11-30T10:00")
    for what, whom in (("swim1", "leo"), ("judo1", "leo"), ("touching", "leo"), ("camp1", "mia"), ("yoga1", "mum")):
        book(what, whom)
    book("swim1", "mia")
    book("next", "mia", "waiting")
    book("next", "stranger")
    return group


def test_b3_the_week_shows_everybody_with_clashes_and_stays_with_whom_one_chose(app: Flask) -> None:
    week_of_the_family()
    browser = browser_of(app, "mum")
    browser.get("/calendar?from=2026-11-23")
    words = browser.page.words
    assert words.index("Everybody") < words.rindex("Leo <b>O'Brien</b>") < words.rindex("Mia عربى")
    for text in ("Swim 株式会社 10:00–10:45 Pool", "Judo 株式会社 10:15–11:15", "Camp 株式会社", "20:30–21:30"):
        assert text in words
    assert words.count("Clash") == 1, "Swimming and judo are one block, and what only touches them is no clash"
    assert browser.get("/calendar?from=2026-11-23&view=list").status_code == 200
    words = browser.page.words
    assert "at the same time as Judo 株式会社" in words
    assert "too late to cancel for free" not in words
    assert "free to cancel until 27 Nov 2026, 10:00" in words
    assert "Waiting list" in words
    chosen = [link for link in browser.page.links if "who=" in link]
    assert len(chosen) == 3
    assert all("view=list" in link and "from=2026-11-23" in link for link in chosen), "one stays where one was"
    assert browser.get("/calendar?who=" + "0" * 20).status_code == 404
    browser.get("/calendar?from=2026-11-23&view=list")
    files = [link for link in browser.page.links if link.endswith(".ics")]
    assert len(files) == 6, "one for each place that somebody has"
    (event,) = Calendar.from_ical(browser.get(files[0]).data).walk("VEVENT")
    assert str(event["SUMMARY"]) == "Yoga 株式会社"
    assert browser_of(app, "stranger").get(files[0]).status_code == 404


def test_b3_a_carer_sees_the_children_and_nobody_else_does(app: Flask) -> None:
    group = week_of_the_family()
    nanny = browser_of(app, "nanny")
    nanny.get("/calendar?from=2026-11-23")
    assert "Leo" in nanny.page.words
    assert "Yoga" not in nanny.page.words, "what the Owner has is her own"
    groups.remove_member(SYSTEM, group, member(group, "nanny"))
    nanny.get("/calendar?from=2026-11-23")
    assert "Leo" not in nanny.page.words
    stranger = browser_of(app, "stranger")
    stranger.get("/calendar?from=2026-11-30")
    assert "Swim" in stranger.page.words
    assert "Mia" not in stranger.page.words


def events(browser: object, url: str) -> dict[str, object]:
    """The events of a calendar by their titles."""
    found = browser.get(url.removeprefix("http://127.0.0.1:8000"))  # type: ignore[attr-defined]
    assert found.status_code == 200
    assert found.content_type == "text/calendar; charset=utf-8"
    return {str(one["SUMMARY"]): one for one in Calendar.from_ical(found.data).walk("VEVENT")}


def test_b3_a_phone_subscribes_by_a_secret_address(app: Flask) -> None:
    week_of_the_family()
    url = answer(app, "calendar", "address", address("mum"))["url"]
    assert answer(app, "calendar", "address", address("mum")) == {"url": url}
    browser = app.test_client()
    before = events(browser, url)
    assert set(before) == {
        *("Leo <b>O'Brien</b>: Swim 株式会社", "Leo <b>O'Brien</b>: Judo 株式会社", "Mia عربى: Swim 株式会社"),
        *("Mia عربى: Camp 株式会社", "Yoga 株式会社"),
    }
    swim = before["Mia عربى: Swim 株式会社"]
    assert swim["DTSTART"].dt.astimezone(UTC) == datetime(2026, 11, 28, 9, tzinfo=UTC)
    run(app, "session", "move", "swim1", "--at", "2026-11-28T08:00")
    moved = events(browser, url)["Mia عربى: Swim 株式会社"]
    assert moved["UID"] == swim["UID"]
    assert moved["SEQUENCE"] > swim["SEQUENCE"]
    assert moved["DTSTART"].dt.astimezone(UTC) == datetime(2026, 11, 28, 7, tzinfo=UTC)
    renewed = answer(app, "calendar", "address", address("mum"), "--renew")["url"]
    assert renewed != url
    path, other = (one.removeprefix("http://127.0.0.1:8000") for one in (url, renewed))
    assert browser.get(path).status_code == 404
    assert browser.get(other[:-5] + ("a" if other[-5] != "a" else "b") + ".ics").status_code == 404
    assert browser.get(other).status_code == 200
    change("mum", own_status="inactive")
    assert browser.get(other).status_code == 404


def test_b3_one_makes_and_renews_the_address_oneself_and_nobody_fetches_without_end(app: Flask) -> None:
    person("mum")
    browser = browser_of(app, "mum")
    browser.get("/calendar/subscribe")
    assert "There is none yet" in browser.page.words
    browser.submit("/calendar/address", {"idempotency_key": "a"}, at="/calendar/subscribe")
    browser.get("/calendar/subscribe")
    (first,) = [word for word in browser.page.words.split() if word.endswith(".ics")]
    for _ in range(2):
        browser.submit("/calendar/address", {"idempotency_key": "b", "renew": "yes"}, at="/calendar/subscribe")
    browser.get("/calendar/subscribe")
    (second,) = [word for word in browser.page.words.split() if word.endswith(".ics")]
    assert first != second
    path = second.removeprefix("http://127.0.0.1:8000")
    statuses = [browser.get(path).status_code for _ in range(pages.BURST + 1)]
    assert statuses == [200] * pages.BURST + [429]


def test_home_says_what_is_booked_for_the_next_days(app: Flask) -> None:
    week_of_the_family()
    mum = browser_of(app, "mum")
    with counted() as asked:
        mum.get("/")
    words = mum.page.words
    assert "The next days" in words
    assert words.index("20:30–21:30 Yoga 株式会社") < words.index("10:00–10:45 Swim 株式会社")
    assert words.count("Clash") == 2
    assert len(asked) <= 8
    service(profile("stranger"), "Locker 7", 900)
    alone = browser_of(app, "stranger")
    alone.get("/")
    assert "The next days" not in alone.page.words, "it is more than a week away"
    assert "Locker 7" in alone.page.words, "so that services keep their place"
    book("yoga1", "stranger")
    alone.get("/")
    assert "The next days" in alone.page.words
    assert "Locker 7" not in alone.page.words
    assert "Leo" not in alone.page.words
    nobody = person("nobody")
    assert nobody.customer_id
    quiet = browser_of(app, "nobody")
    quiet.get("/")
    assert "The next days" not in quiet.page.words
