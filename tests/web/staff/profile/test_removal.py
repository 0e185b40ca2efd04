"""Removing a customer in the back office: the ties with their remedies, the confirmation, and what is left (L12)."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.db.customers import profiles as customers
from tests.logins import login
from tests.people import customer, link, post, service
from tests.web.staff.office import audit, now, path, staff


def free() -> str:
    """Zoe, who is settled and Inactive; the address of her profile."""
    customer("zoe", name="Zoe Zed", own_status="inactive", kind="individual")
    return path("zoe")


def test_ux14_every_tie_has_a_link_to_its_remedy(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    zoe = customer("zoe", name="Zoe Zed")
    link("acme", "zoe", "independent")
    post("zoe", "invoice", 1250, "2026-11-01")
    service(zoe, "Broadband", 100)
    client = staff(app, "super")
    client.get(path("zoe"))
    assert "Remove customer…" in client.page.words
    answer = client.get(path("zoe", "/remove"))
    assert answer.status_code == 200
    words = client.page.words
    assert "Zoe Zed can’t be removed yet Four things have to be settled first" in words
    for message in ("Zoe Zed is Active.", "sub-account of Acme Ltd.", "owes 12.50 EUR.", "has 1 active service."):
        assert message in words
    shown = answer.get_data(as_text=True)
    for page in ("status", "sub-accounts", "finance", "services"):
        assert f'href="{path("zoe", f"/{page}")}"' in shown
    assert 'name="confirm"' not in shown


def test_ux9_the_consequences_are_confirmed_by_typing_number_or_name(app: Flask) -> None:
    here = free()
    found = now("zoe")
    login(found, "zoe@home.test")
    post("zoe", "invoice", 500, "2026-11-02")
    post("zoe", "payment", 500, "2026-11-03")
    client = staff(app, "super")
    client.get(f"{here}/remove")
    words = client.page.words
    assert "1 login" in words
    assert f"2 entries and all statements made of them, under “Removed customer {found.public_id[:8]}”" in words
    assert "The number is zoe." in words
    for typed in ("", "Zed", "acme"):
        assert client.submit(f"{here}/remove", {"confirm": typed}).status_code == 422
        assert "Type zoe, or the name as it stands above." in client.page.words
    assert now("zoe").removed_at is None
    answer = client.submit(f"{here}/remove", {"confirm": " zoe  zed"})
    assert (answer.status_code, answer.location) == (303, f"{here}/remove")
    client.get(f"{here}/remove")
    assert "The customer is removed" in client.page.words
    assert "Removed by super.everywhere@staff.test on 22 Nov 2026" in client.page.words
    assert audit()[-1] == ("customer.remove", "Removed the customer and erased the person")


def test_what_changed_meanwhile_is_shown_before_anything_is_erased(app: Flask) -> None:
    here = free()
    client = staff(app, "super")
    client.get(f"{here}/remove")
    shown = dict(client.page.hidden)
    login(now("zoe"), "zoe@home.test")
    assert client.post(f"{here}/remove", data={**shown, "confirm": "zoe"}).status_code == 409
    assert "Something has changed since you looked" in client.page.words
    assert "1 login" in client.page.words
    assert client.post(f"{here}/remove", data={"csrf_token": shown["csrf_token"], "confirm": "zoe"}).status_code == 422
    assert now("zoe").removed_at is None


@pytest.mark.parametrize("page", ["", "/details", "/sub-accounts", "/finance", "/services", "/documents", "/log"])
def test_l12_a_removed_profile_opens_from_the_books_without_actions(app: Flask, page: str) -> None:
    here = free()
    public_id = now("zoe").public_id
    post("zoe", "invoice", 500, "2026-11-02")
    post("zoe", "payment", 500, "2026-11-03")
    client = staff(app, "super")
    client.submit(f"{here}/remove", {"confirm": "ZOE"}, at=f"{here}/remove")
    answer = client.get(f"{here}{page}")
    assert answer.status_code == 200
    shown = answer.get_data(as_text=True)
    words = client.page.words
    assert f"Removed customer {public_id[:8]}" in words
    assert "Removed by super.everywhere@staff.test on 22 Nov 2026" in words
    assert "Zoe" not in words
    assert "Remove customer…" not in words
    assert "Generate statement" not in words
    for gone in ("/details/edit", "/status", "/link", "/logins", "/finance/save", "/finance/send", "/groups", "/post"):
        assert f"{here}{gone}" not in shown, gone


@pytest.mark.parametrize(
    "page", ["/details/edit", "/status", "/logins/invite", "/link?as=main", "/logins", "/finance/send", "/finance/post"]
)
def test_l12_nothing_can_be_done_with_it(app: Flask, page: str) -> None:
    here = free()
    client = staff(app, "super")
    client.submit(f"{here}/remove", {"confirm": "zoe"}, at=f"{here}/remove")
    assert client.get(f"{here}{page}").status_code == 409
    assert "was removed." in client.page.words


def test_it_is_not_found_any_more(app: Flask) -> None:
    here = free()
    client = staff(app, "super")
    client.submit(f"{here}/remove", {"confirm": "zoe"}, at=f"{here}/remove")
    client.get("/staff/customers")
    assert "Removed customer" not in client.page.words
    assert customers.by_reference("zoe") is None


@pytest.mark.parametrize("who", ["admin", "desk", "operations"])
def test_only_the_super_administrator_is_offered_it(app: Flask, who: str) -> None:
    here = free()
    client = staff(app, who)
    client.get(here)
    assert "Remove customer…" not in client.page.words
    assert client.get(f"{here}/remove").status_code == 403
