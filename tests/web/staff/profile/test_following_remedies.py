"""C6: whoever follows the remedies of a refusal, in the order in which they are shown, ends with the deed done."""

from __future__ import annotations

import re

from flask import Flask

from portal.actions import services
from portal.rules.customers.status import Status
from tests.families import DEPENDENT, child, family, switch
from tests.pages import PageClient
from tests.people import customer, link, post, service
from tests.web.staff.office import audit, now, path, staff


def remedies(client: PageClient) -> list[str]:
    """The addresses that the removal page of Acme leads to, in order."""
    html = client.get(path("acme", "/remove")).get_data(as_text=True).split("<main")[1]
    return (
        re.findall(r'href="([^"]+)"', html.split('class="refusal', 1)[1].split("</ul>")[0]) if "refusal" in html else []
    )


def pay(client: PageClient, page: str) -> None:
    client.get(page)
    assert path("acme", "/finance/post") in client.page.links
    post("acme", "payment", 1250, "2026-11-20")


def unlink(client: PageClient, page: str) -> None:
    client.get(page)
    assert path("branch", "/unlink") in client.page.links
    answer = client.submit(path("branch", "/unlink"), {})
    assert answer.status_code == 303, client.page.words


def dissolve(client: PageClient, page: str) -> None:
    client.get(page)
    (url,) = {one for one in client.page.links if one.endswith("/dissolve")}
    assert client.submit(url, {}).status_code == 303


def stop(client: PageClient, page: str) -> None:
    client.get(page)
    (url,) = {one for one in client.page.links if one.endswith("/stop")}
    client.submit(url, {"first": "2026-11-22"})
    assert client.post(url, data=client.page.hidden).status_code == 303


def turn_inactive(client: PageClient, page: str) -> None:
    client.get(page)
    to = path("acme", "/status?to=inactive")
    assert client.submit(path("acme", "/status"), {}, at=to).status_code == 303, client.page.words


CURES = {"/finance": pay, "/sub-accounts": unlink, "": dissolve, "/services": stop, "/status": turn_inactive}


def test_c6_l12_a_main_account_is_removed_by_following_its_remedies_in_order(app: Flask) -> None:
    """Acme owes, pays for a sub-account, owns a group with a child, has a service, and is Active."""
    switch()
    acme = customer("acme", name="Acme Ltd", kind="individual")
    customer("branch")
    link("acme", "branch")
    child("leo")
    family("acme", leo=DEPENDENT)
    post("acme", "invoice", 1250, "2026-11-01")
    service(acme, "Broadband", 100)
    client, taken = staff(app, "super"), list[str]()
    while found := remedies(client):
        assert len(found) == 5 - len(taken), (found, taken)
        page = found[0].partition("#")[0]
        suffix = page.removeprefix(path("acme"))
        assert client.get(page).status_code == 200
        CURES[suffix](client, page)
        taken.append(suffix)
    assert taken == ["/finance", "/sub-accounts", "", "/services", "/status"]
    assert 'name="confirm"' in client.get(path("acme", "/remove")).get_data(as_text=True)


def test_c6_an_inactive_main_account_is_led_back_to_active_first(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    customer("branch")
    link("acme", "branch")
    client = staff(app, "super")
    turn_inactive(client, path("acme", "/status"))
    assert remedies(client) == [path("acme", "/status")]
    assert "Set Acme Ltd to Active, unlink it, and set Acme Ltd to Inactive again." in client.page.words


def test_c6_a_service_is_stopped_from_the_profile_once(app: Flask) -> None:
    acme = customer("acme", name="Acme Ltd")
    service(acme, "Broadband", 4990)
    client = staff(app, "admin")
    client.get(path("acme", "/services"))
    (url,) = {one for one in client.page.links if one.endswith("/stop")}
    client.submit(url, {"first": "2026-11-22"})
    assert "Nothing is charged or given back for it." in client.page.words
    sent = client.page.hidden
    assert [client.post(url, data=sent).status_code for _ in range(2)] == [303, 303]
    (row,) = services.list_rows(now("acme"))
    assert (row.state, str(row.stopped_on)) == ("stopped", "2026-11-22")
    assert [one for one in audit() if one[0] == "service.stop"] == [
        ("service.stop", "Broadband for Acme Ltd stops; 2026-11-22 is the first day without it")
    ]
    client.submit(url, {"first": "2026-11-22"})
    assert "Broadband is stopped from 22 Nov 2026 on." in client.page.words
    assert staff(app, "desk").get(url).status_code == 403
    assert now("acme").own_status is Status.ACTIVE
