"""Acting for somebody: the way back leads to where one began, and switching the person keeps the part of the pages."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from portal.actions import groups
from portal.rules.deciding import SYSTEM
from portal.rules.scopes import Scope
from tests import families
from tests.families import ADMIN, DEPENDENT, child, family, switch
from tests.pages import PageClient
from tests.people import customer, link
from tests.web.acme import HTMX, at, browser_of, company, configure

HERE = "http://localhost"


@pytest.fixture
def home(app: Flask) -> str:
    """Dana, Owner; Rosa, her nanny, who may see no finances; Mia and Leo."""
    switch()
    families.person("dana", name="Dana Novák")
    families.person("rosa", name="Rosa Lima")
    child("mia", name="Mia Novák")
    child("leo", name="Leo Novák")
    group = family("dana", rosa=ADMIN, mia=DEPENDENT, leo=DEPENDENT)
    edit = families.edit(group, "rosa", scopes=frozenset({Scope.VIEW, Scope.BOOK}))
    groups.change_member(SYSTEM, group, families.member(group, "rosa"), edit)
    return group


def pages_of(who: str, page: str = "") -> str:
    return f"/for/{at(who).public_id}/{page}"


def back(client: PageClient, address: str, came_from: str | None = None, **headers: str) -> str:
    """Where "Switch back" leads on a page that was opened from another one."""
    sent = {"Referer": came_from, **headers} if came_from else headers
    html = client.get(address, headers=sent).get_data(as_text=True)
    found = re.search(r'href="([^"]*)">\s*Switch back', html)
    assert found is not None, address
    return found[1].replace("&amp;", "&")


def switcher(client: PageClient, address: str) -> dict[str, str]:
    """Each person of the switcher with where choosing them leads."""
    html = client.get(address).get_data(as_text=True)
    menu = html[html.index('<ul class="people">') :]
    menu = menu[: menu.index("</ul>")]
    found = re.findall(r'href="([^"]+)".*?<span dir="auto">([^<]+)</span>', menu, re.DOTALL)
    return {name: url for url, name in found}


def test_ux20_switch_back_leads_to_where_acting_began(app: Flask) -> None:
    company()
    acme, began = browser_of(app, "acme"), "/sub-accounts?q=branch&sort=cost"
    assert back(acme, pages_of("branch"), HERE + began) == began
    assert back(acme, pages_of("branch", "services"), HERE + pages_of("branch")) == began, "on the next page as well"
    assert back(acme, pages_of("branch", "documents")) == began, "and where the browser does not tell"
    assert acme.get(began).status_code == 200
    assert back(acme, pages_of("branch"), HERE + "/documents") == "/documents", "begun anew from elsewhere"


@pytest.mark.parametrize(
    "came_from",
    [
        "https://evil.example/sub-accounts",
        "http://localhost.evil.example/",
        "http://localhost//evil.example/",
        "http://localhost/\\evil.example",
        "http://localhost/no-such-page",
        "http://localhost/login",
        "http://localhost/logout",
        "http://localhost/staff",
        "http://localhost/sub-accounts?" + "q" * 600,
        "javascript:alert(1)",
        "",
    ],
)
def test_sec43_switch_back_never_leaves_ones_own_pages(app: Flask, came_from: str) -> None:
    company()
    acme = browser_of(app, "acme")
    assert back(acme, pages_of("branch"), came_from) == "/"


def test_sec43_what_the_cookie_holds_is_looked_at_again(app: Flask) -> None:
    company()
    acme = browser_of(app, "acme")
    for target in ("https://evil.example/", "//evil.example/", pages_of("branch"), "/staff", 7):
        with acme.session_transaction() as cookie:
            cookie["began_at"] = target
        assert back(acme, pages_of("branch")) == "/"


def test_where_one_began_ends_with_the_session(app: Flask) -> None:
    company()
    acme = browser_of(app, "acme")
    back(acme, pages_of("branch"), HERE + "/documents")
    acme.submit("/logout", {}, at="/")
    with acme.session_transaction() as cookie:
        assert "began_at" not in cookie


def test_ux20_switching_the_person_keeps_the_part(app: Flask, home: str) -> None:
    dana = browser_of(app, "dana")
    assert switcher(dana, pages_of("mia", "statements")) == {
        "Dana Novák": "/statements",
        "Leo Novák": pages_of("leo", "statements"),
        "Mia Novák": pages_of("mia", "statements"),
    }
    assert switcher(dana, "/documents")["Leo Novák"] == pages_of("leo", "documents")
    assert switcher(dana, "/my-group")["Leo Novák"] == pages_of("leo")
    assert switcher(dana, pages_of("mia")) == {
        "Dana Novák": "/",
        "Leo Novák": pages_of("leo"),
        "Mia Novák": pages_of("mia"),
    }


def test_ux20_where_the_part_may_not_be_seen_the_overview_opens(app: Flask, home: str) -> None:
    customer("work", name="Work Ltd")
    link("work", "leo")
    dana = browser_of(app, "dana")
    found = switcher(dana, pages_of("mia", "statements"))
    assert found["Leo Novák"] == pages_of("leo"), "S9: Work Ltd pays for Leo"
    assert dana.get(found["Leo Novák"]).status_code == 200
    rosa = browser_of(app, "rosa")
    assert switcher(rosa, "/statements")["Mia Novák"] == pages_of("mia"), "her access has no finances"
    assert switcher(rosa, pages_of("mia", "services"))["Leo Novák"] == pages_of("leo", "services")
    assert switcher(rosa, "/documents")["Leo Novák"] == pages_of("leo"), "nor documents"


def test_ux20_every_way_of_the_switcher_can_be_gone(app: Flask, home: str) -> None:
    company()
    configure(manages_independent=True, shows_documents=False)
    for who, begin in (("dana", "mia"), ("rosa", "mia"), ("acme", "branch")):
        client = browser_of(app, who)
        for page in ("", "services", "documents", "statements", "details"):
            if client.get(pages_of(begin, page)).status_code != 200:
                continue
            for name, url in switcher(client, pages_of(begin, page)).items():
                assert client.get(url).status_code == 200, (who, page, name, url)


def test_a_fragment_of_somebody_elses_page_begins_there_too(app: Flask, home: str) -> None:
    dana = browser_of(app, "dana")
    dana.get(pages_of("mia", "statements"), headers={**HTMX, "Referer": f"{HERE}/my-group"})
    assert back(dana, pages_of("mia")) == "/my-group"
