"""Config, Finance, Notifications, and what a change of status says about who is told (O3, O6, F9)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask

from portal.actions import notices
from portal.actions.staff import administrators
from portal.rules.customers.status import Status
from portal.rules.deciding import SYSTEM
from portal.rules.notices import DEFAULT_BODY, DEFAULT_SMS, DEFAULT_SUBJECT
from portal.rules.permissions import Permission
from tests.families import change
from tests.logins import mails, signed_in
from tests.notices import block, partner_id, set_to, switch_on, waiting
from tests.pages import PageClient
from tests.people import partner, sign_in
from tests.web.acme import HTMX, NASTY, browser_of, company
from tests.web.staff.office import audit, path, staff

LIST = "/staff/config/finance/notifications"


def page(of: str = "Harbour Net") -> str:
    return f"{LIST}/{partner_id(of)}"


def values(**changes: str) -> dict[str, str]:
    sent = {"on": "y", "sub_accounts": "y", "by_email": "y", "hour": "18"}
    texts = {"subject": DEFAULT_SUBJECT, "body": DEFAULT_BODY, "sms": DEFAULT_SMS}
    return {name: text for name, text in {**sent, **texts, **changes}.items() if text != "off"}


@pytest.fixture
def client(app: Flask) -> PageClient:
    company()
    return staff(app, "admin")


def let_it_go_out(frozen: time_machine.Traveller, client: PageClient, day: int = 22) -> None:
    """It is the hour; whoever looks at pages has signed in again meanwhile."""
    frozen.move_to(datetime(2026, 11, day, 17, 0, tzinfo=UTC), tick=False)
    notices.release()
    sign_in(client, "admin.everywhere@staff.test")


def stored() -> notices.NoticePage:
    return notices.open_partner(SYSTEM, partner_id())


def test_o3_notices_are_switched_on_and_listed(client: PageClient) -> None:
    client.get(LIST)
    assert "Harbour Net Off Nobody Never" in client.page.words
    assert client.submit(page(), values(by_sms="y", sub_accounts="off")).status_code == 303
    client.get(page())
    assert "Saved: notices of blocking, notices to sub-accounts, SMS, hour." in client.page.words
    client.get(LIST)
    assert "Harbour Net On by email and SMS Not told 18:00 Europe/Prague" in client.page.words
    logged = "Notifications of Harbour Net: changed notices of blocking, notices to sub-accounts, SMS and hour"
    assert ("notices.configure", logged) in audit()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"body": "Dear {{ nmae }}"}, "There is no placeholder {{ nmae }}. There are {{ name }}, {{ reason }}"),
        ({"subject": ""}, "Write a text."),
        ({"sms": "x" * 481}, "This has 481 characters. Use at most 480."),
        ({"hour": "24"}, "Choose an hour from the list."),
        ({"hour": "²"}, "Choose an hour from the list."),
        ({"by_email": "off"}, "Choose at least one channel, or switch the notices off."),
        ({"by_email": "off", "by_sms": "y"}, "SMS is not configured here, so with SMS alone nobody would be told"),
    ],
)
def test_o3_what_is_wrong_is_named_and_kept(client: PageClient, changes: dict[str, str], sentence: str) -> None:
    assert client.submit(page(), values(**{"subject": "Mine: {{ name }}", **changes})).status_code == 422
    assert sentence in client.page.words
    assert not stored().settings.on


def test_sms_that_is_not_configured_says_which_setting_is_missing(app: Flask, client: PageClient) -> None:
    client.get(page())
    assert "SMS is not configured: the setting PORTAL_SMS_URL is missing." in client.page.words
    url = "json://user:sesame@127.0.0.1:9/{to}"
    app.config["PORTAL_SETTINGS"] = app.config["PORTAL_SETTINGS"].model_copy(update={"sms_url": url})
    html = client.get(page()).get_data(as_text=True)
    assert "not configured" not in html
    assert "sesame" not in html
    assert client.submit(page(), values(by_email="off", by_sms="y")).status_code == 303
    app.config["PORTAL_SETTINGS"] = app.config["PORTAL_SETTINGS"].model_copy(update={"sms_url": None})
    client.get(page())
    assert "Nobody is told anything now." in client.page.words


def test_o3_ux5_the_preview_is_a_button_that_saves_nothing(client: PageClient) -> None:
    change("acme", name="Acme Ltd")
    typed = values(subject="{{ name }} & co", body="<b>{{ reason }}</b>", sms="Ř{{ name }}", do="preview")
    assert client.submit(page(), typed).status_code == 200
    words = client.page.words
    assert "Alex Sample & co" in words
    assert "because Sample Group Ltd, which is billed for it, is blocked.</b>" in words
    assert "one message, 12 of 70 characters. A character outside the alphabet of phones" in words
    assert not stored().settings.on
    assert client.submit(page(), values(body="{{ nobody }}", do="preview")).status_code == 422


def test_htmx_gets_the_preview_alone(client: PageClient) -> None:
    client.get(page())
    sent = {**client.page.hidden, **values(subject="Mine", do="preview")}
    html = client.post(page(), data=sent, headers=HTMX).get_data(as_text=True)
    assert html.strip().startswith('<div class="stack preview" id="preview">')
    assert "Mine" in html
    asked = client.post(page(), data=sent, headers={**HTMX, "HX-Trigger": "show-preview"}).get_data(as_text=True)
    assert "The preview is up to date." in asked
    wrong = client.post(page(), data={**sent, "body": "{{ nobody }}"}, headers=HTMX)
    assert wrong.status_code == 422
    assert "There is no placeholder {{ nobody }}." in wrong.get_data(as_text=True)


def test_r24_a_stale_page_is_not_saved(client: PageClient) -> None:
    client.get(page())
    stale = dict(client.page.hidden)
    client.submit(page(), values(hour="7"))
    assert client.post(page(), data={**stale, **values(hour="8")}).status_code == 409
    assert "Somebody else changed the notifications of Harbour Net" in client.page.words
    assert stored().settings.hour == 7


def test_each_keeps_to_its_own_partner(app: Flask, client: PageClient) -> None:
    partner("Other Net")
    bound = staff(app, "admin", of="Other Net")
    assert bound.get(page()).status_code == 404
    bound.get(LIST)
    assert "Harbour Net" not in bound.page.words
    assert staff(app, "operations").get(page()).status_code == 200
    assert staff(app, "desk").get(page()).status_code == 403
    assert browser_of(app, "acme").get(page()).status_code == 404


# A change of status ---------------------------------------------------------------------------------------------------


def test_o6_the_check_page_says_who_will_be_told(client: PageClient) -> None:
    check = path("acme", "/status?to=blocked")
    html = client.get(check).get_data(as_text=True)
    assert "Nobody is told of it: notices of blocking are off at Harbour Net." in client.page.words
    assert page() in html
    switch_on()
    client.get(check)
    assert "Acme Ltd will be told by email today at 18:00." in client.page.words
    assert "1 sub-account will be told by email today at 18:00." in client.page.words
    assert client.submit(path("acme", "/status"), {"to": "blocked"}, at=check).status_code == 303
    assert len(waiting()) == 2
    client.get(path("acme", "/status?to=active"))
    assert "Who is told" not in client.page.words


def test_r24_switching_notices_off_meanwhile_is_a_conflict(client: PageClient) -> None:
    switch_on()
    check = path("acme", "/status?to=blocked")
    client.get(check)
    hidden = dict(client.page.hidden)
    switch_on(on=False)
    assert client.post(path("acme", "/status"), data={**hidden, "to": "blocked"}).status_code == 409


def test_only_those_who_may_configure_get_the_link(app: Flask, client: PageClient) -> None:
    me = signed_in("admin.everywhere@staff.test")
    administrators.set_permissions(SYSTEM, me.login_public_id, me.actor.permissions - {Permission.PORTAL_CONFIGURE})
    html = client.get(path("acme", "/status?to=blocked")).get_data(as_text=True)
    assert "notices of blocking are off" in html
    assert LIST not in html


def test_ux10_the_profile_shows_what_was_sent(client: PageClient, frozen: time_machine.Traveller) -> None:
    switch_on(by_sms=True)
    change("branch", email="")
    block("acme")
    client.get(path("acme", "/details"))
    assert "Told of a block Waiting Goes out on 22 Nov 2026, 18:00" in client.page.words
    let_it_go_out(frozen, client)
    client.get(path("acme", "/details"))
    assert "On its way 22 Nov 2026, 18:00 No phone number is on file. Email : queued" in client.page.words
    client.get(path("branch", "/details"))
    assert "Reached nobody 22 Nov 2026, 18:00 because Acme Ltd was blocked No email address" in client.page.words
    client.get(path("acme", "/log"))
    assert "Notice of the block queued by email" in client.page.words
    set_to("acme", Status.ACTIVE)
    frozen.shift(1)
    block("acme")
    set_to("acme", Status.ACTIVE)
    let_it_go_out(frozen, client, day=23)
    client.get(path("acme", "/details"))
    assert "Not sent 23 Nov 2026, 18:00 The customer was not Blocked any more" in client.page.words


def test_names_are_shown_and_nothing_else(client: PageClient) -> None:
    switch_on()
    change("acme", name=NASTY)
    html = client.get(path("acme", "/status?to=blocked")).get_data(as_text=True)
    assert "<b>O" not in html
    assert f"{NASTY} will be told by email" in client.page.words


def test_the_outbox_tells_text_messages_from_mail(client: PageClient, frozen: time_machine.Traveller) -> None:
    switch_on(by_sms=True, by_email=True)
    change("acme", phone="+44 1273 555 010")
    block("acme")
    let_it_go_out(frozen, client)
    client.get("/staff/outbox")
    assert "SMS is not configured, so text messages are kept here." in client.page.words
    assert "SMS Notice of blocking" in client.page.words
    sms = next(one for one in mails() if one.channel == "sms")
    client.get(f"/staff/outbox/{sms.public_id}")
    assert "Channel SMS" in client.page.words
    assert "+441273555010" in client.page.words
    assert "Message-ID" not in client.page.words
