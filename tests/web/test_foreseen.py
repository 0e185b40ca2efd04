"""F10, UX9: a page that asks before a deed refuses what the deed would refuse, and offers no button for it then."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from portal.actions.staff import administrators, roles
from portal.actions.staff.roles import Draft
from portal.db.logins import people as logins
from portal.rules.deciding import SYSTEM
from portal.rules.holders import Role
from portal.rules.permissions import Permission
from tests import families
from tests.actions.links.test_settlement import future
from tests.families import ADMIN, DEPENDENT
from tests.logins import administrator
from tests.pages import PageClient
from tests.people import customer, link, post, share
from tests.web.acme import browser_of
from tests.web.groups.test_pages import member_of
from tests.web.staff.config.test_labels import label
from tests.web.staff.office import now, path, staff

Page = tuple[PageClient, str, str]
"""Who looks, where, and the sentence with which the deed is refused."""


def owner_leaves(app: Flask) -> Page:
    group = _family()
    return browser_of(app, "mum"), f"/my-group/{group}/leave", "Mum is the Owner, and 2 other members remain."


def owner_is_removed(app: Flask) -> Page:
    group = _family()
    client = staff(app, "super")
    page = path("mum", f"/groups/{group}/members/{member_of(group, 'Mum')}/remove")
    return client, page, "Mum is the Owner, and 2 other members remain."


def ownership_for_a_child(app: Flask) -> Page:
    group = _family()
    page = f"/my-group/{group}/members/{member_of(group, 'Leo')}/offer"
    return browser_of(app, "mum"), page, "Leo does not sign in to the portal, so they could not accept."


def label_in_use(app: Flask) -> Page:
    families.switch()
    families.person("mum")
    families.person("nanny")
    families.groups.create(SYSTEM, "mum", "Parent", families.NewMember("nanny", ADMIN, "Nanny"))
    return staff(app, "super"), label("Nanny", "/delete"), "carries it"


def role_in_use(app: Flask) -> Page:
    role = roles.add_role(SYSTEM, Draft("Books", "", frozenset({Permission.CUSTOMERS_VIEW})))
    administrator("clerk@staff.test", Role.FRONT_OF_HOUSE)
    administrators.change_role(SYSTEM, _login("clerk@staff.test"), role)
    return staff(app, "super"), f"/staff/config/roles/{role}/delete", "has this role"


def last_super(app: Flask) -> Page:
    client = staff(app, "super")
    page = f"/staff/config/administrators/{_login('super.everywhere@staff.test')}/disable"
    return client, page, "is the only Super administrator of every partner who can sign in."


def linked_with_money(app: Flask) -> Page:
    _two()
    post("branch", "invoice", 500, "2026-11-02")
    page = path("branch", f"/link?as=main&other={now('acme').public_id}&mode=aggregated")
    return staff(app, "super"), page, "Branch owes 5.00 EUR."


def mode_with_money(app: Flask) -> Page:
    _two()
    link("acme", "branch", "independent")
    post("branch", "invoice", 500, "2026-11-02")
    return staff(app, "super"), path("branch", "/billing-mode?mode=aggregated"), "Branch owes 5.00 EUR."


def unlinked_while_it_owes(app: Flask) -> Page:
    _two()
    link("acme", "branch")
    post("acme", "invoice", 500, "2026-11-02")
    return staff(app, "super"), path("branch", "/unlink"), "Acme owes 5.00 EUR."


def shared_twice(app: Flask) -> Page:
    _two()
    customer("pat")
    share("acme", "pat")
    page = path("branch", f"/partner-account/link?other={now('pat').public_id}&primary=here")
    return staff(app, "super"), page, "Pat"


def removed_while_active(app: Flask) -> Page:
    customer("pat")
    return staff(app, "super"), path("pat", "/remove"), "Pat is Active."


def taken_back_twice(app: Flask) -> Page:
    customer("pat")
    entry = post("pat", "credit", 500, "2026-11-02", ledger="credit")
    post("pat", "refund", 100, "2026-12-02", ledger="credit")
    page = path("pat", f"/finance/entries/{entry.public_id}/reverse")
    return staff(app, "super"), page, "Customer Credit of Pat would be 1.00 EUR below zero on "


def settled_beyond_credit(app: Flask) -> Page:
    _two()
    post("branch", "credit", 500, "2026-11-02", ledger="credit")
    post("branch", "refund", 100, "2026-12-02", ledger="credit")
    future("line", "5.00")
    page = path("branch", f"/settle/step?main={now('acme').public_id}&step=pay-out")
    return staff(app, "super"), page, "Customer Credit of Branch would be 1.00 EUR below zero on "


PAGES = [
    owner_leaves, owner_is_removed, ownership_for_a_child, label_in_use, role_in_use, last_super, linked_with_money,
    mode_with_money, unlinked_while_it_owes, shared_twice, removed_while_active, taken_back_twice,
    settled_beyond_credit,
]  # fmt: skip


@pytest.mark.parametrize("prepared", PAGES, ids=lambda one: one.__name__)
def test_f10_what_would_be_refused_is_refused_by_the_page_that_asks(
    app: Flask, prepared: Callable[[Flask], Page]
) -> None:
    client, page, sentence = prepared(app)
    answer = client.get(page)
    assert answer.status_code == 200
    assert sentence in client.page.words
    main = answer.text[answer.text.index("<main") : answer.text.index("</main>")]
    deeds = [form for form in main.split("<form")[1:] if 'method="post"' in form and page.split("?")[0] in form]
    assert deeds == [], "no button for a deed that will be refused"


def _family() -> str:
    families.switch()
    for name in ("mum", "nanny"):
        families.person(name)
    families.child("leo")
    return families.family("mum", nanny=ADMIN, leo=DEPENDENT)


def _two() -> None:
    customer("acme")
    customer("branch")


def _login(email: str) -> str:
    person = logins.by_email(email)
    assert person is not None
    return person.public_id
