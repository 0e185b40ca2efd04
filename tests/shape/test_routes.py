"""Every route and every kind of person, in one table written by hand from the rules (SEC1 to SEC3, SEC9, SEC10).

A route that is not in ROUTES fails here; one without a mark keeps the application from starting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from flask import Blueprint, Flask
from werkzeug.routing import Rule

from portal import create_app
from portal.config import Settings
from portal.db.engine import db
from portal.rules.permissions import Permission
from portal.web.guard import policy
from tests.pages import PageClient
from tests.shape.seen import amounts, everything
from tests.shape.world import CANARIES, CLERK, PEOPLE, SUBJECTS, World, browser_of
from tests.shape.world import STAFF as STAFF_NAMES


@pytest.fixture
def database(copied: str) -> str:
    """The world's."""
    return copied


_MINE = "302 404 404 404 404  200 200 200 404 200  404 404 404 404 404"
_MANAGED = "302 404 404 404 404  200 200 403 404 200  404 404 404 404 404"
_OWNED = "302 404 404 404 404  200 403 403 404 403  404 404 404 404 404"
_NOBODYS = "302 404 404 404 404  404 404 404 404 404  404 404 404 404 404"
_OPERATED = "302 404 404 404 404  404 404 404 404 404  403 403 200 200 404"
_OFFICE = "302 404 404 404 404  404 404 404 404 404  403 200 200 200 404"
_FIGURES = "302 404 404 404 404  404 404 404 404 404  403 200 403 200 404"
_ROLES = "302 404 404 404 404  404 404 404 404 404  403 403 403 200 403"
_COMPANYS = "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404"
_NO_STAFF = "302 404 404 404 404  404 404 404 404 404  403 403 403 404 404"

#                       anonymous, company, branch, franchise, stranger, parent, nanny, teen, lapsed, both,
#                       front desk, administrator, operations, super administrator, super administrator elsewhere
OWN = {
    "home.view": "302 200 200 200 200  200 200 200 200 200  302 302 302 302 302",
    "account.manage": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "jobs.view": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "sub_accounts.view": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "profile.view": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "services.view": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "orders.view": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "orders.place": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "services.order": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "orders.manage": "302 404 404 404 404  404 404 404 404 404  200 200 403 200 200",
    "catalogue.manage": "302 404 404 404 404  404 404 404 404 404  403 200 200 200 200",
    "bookings.view": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "memberships.view": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "messages.view": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "memberships.buy": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "bookings.desk": "302 404 404 404 404  404 404 404 404 404  200 200 403 200 200",
    "documents.view": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "documents.add": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "tickets.view": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "tickets.write": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "tickets.answer": "302 404 404 404 404  404 404 404 404 404  200 200 403 200 200",
    "bookings.book": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "statements.view": "302 200 403 200 200  200 200 200 200 200  404 404 404 404 404",
    "statements.save": "302 200 403 200 200  200 200 200 200 200  404 404 404 404 404",
    "statements.send": "302 200 403 200 200  200 200 200 200 200  404 404 404 404 404",
    "invoices.pay": "302 200 403 200 200  200 200 200 200 200  404 404 404 404 404",
    "profile.edit": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "group.view": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "group.create": "302 200 200 200 200  200 200 404 200 404  404 404 404 404 404",
    "staff.home": "302 404 404 404 404  404 404 404 404 404  200 200 200 200 200",
    "customers.view": "302 404 404 404 404  404 404 404 404 404  200 200 200 200 200",
    "customers.add": "302 404 404 404 404  404 404 404 404 404  200 200 403 200 200",
    "audit.view": "302 404 404 404 404  404 404 404 404 404  403 200 200 200 200",
    "outbox.view": "302 404 404 404 404  404 404 404 404 404  403 200 200 200 200",
    "portal.configure": "302 404 404 404 404  404 404 404 404 404  403 200 200 200 200",
    "groups.labels": "302 404 404 404 404  404 404 404 404 404  403 200 403 200 403",
    "features.manage": "302 404 404 404 404  404 404 404 404 404  403 403 200 200 200",
    "administrators.manage": "302 404 404 404 404  404 404 404 404 404  403 403 403 200 200",
    "customers.status": "302 404 404 404 404  404 404 404 404 404  403 200 403 200 200",
    "sub_accounts.link": "302 404 404 404 404  404 404 404 404 404  403 403 403 200 200",
    "finance.post": "302 404 404 404 404  404 404 404 404 404  403 200 403 200 200",
    "customers.finance": "302 404 404 404 404  404 404 404 404 404  403 200 403 200 200",
    "activities.manage": "302 404 404 404 404  404 404 404 404 404  403 200 200 200 200",
    "messages.send": "302 404 404 404 404  404 404 404 404 404  403 200 403 200 200",
}
"""Pages without a customer in the address, by what they need."""

FOR = {
    ("company", "orders.view"): "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    ("branch", "orders.view"): "302 200 200 404 404  404 404 404 404 404  404 404 404 404 404",
    ("franchise", "orders.view"): "302 403 404 200 404  404 404 404 404 404  404 404 404 404 404",
    ("stranger", "orders.view"): "302 404 404 404 200  404 404 404 404 404  404 404 404 404 404",
    ("teen", "orders.view"): "302 404 404 404 404  200 200 200 404 200  404 404 404 404 404",
    ("child", "orders.view"): "302 404 404 404 404  200 200 403 404 200  404 404 404 404 404",
    ("company", "orders.place"): "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    ("branch", "orders.place"): "302 200 200 404 404  404 404 404 404 404  404 404 404 404 404",
    ("franchise", "orders.place"): "302 403 404 200 404  404 404 404 404 404  404 404 404 404 404",
    ("stranger", "orders.place"): "302 404 404 404 200  404 404 404 404 404  404 404 404 404 404",
    ("teen", "orders.place"): "302 404 404 404 404  200 403 200 404 403  404 404 404 404 404",
    ("child", "orders.place"): "302 404 404 404 404  200 403 403 404 403  404 404 404 404 404",
    ("company", "services.order"): "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    ("branch", "services.order"): "302 200 200 404 404  404 404 404 404 404  404 404 404 404 404",
    ("franchise", "services.order"): "302 403 404 200 404  404 404 404 404 404  404 404 404 404 404",
    ("stranger", "services.order"): "302 404 404 404 200  404 404 404 404 404  404 404 404 404 404",
    ("teen", "services.order"): "302 404 404 404 404  200 403 200 404 403  404 404 404 404 404",
    ("child", "services.order"): "302 404 404 404 404  200 403 403 404 403  404 404 404 404 404",
    ("company", "profile.view"): "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    ("company", "services.view"): "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    ("company", "bookings.view"): "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    ("branch", "bookings.view"): "302 403 200 404 404  404 404 404 404 404  404 404 404 404 404",
    ("franchise", "bookings.view"): "302 403 404 200 404  404 404 404 404 404  404 404 404 404 404",
    ("stranger", "bookings.view"): "302 404 404 404 200  404 404 404 404 404  404 404 404 404 404",
    ("teen", "bookings.view"): "302 404 404 404 404  200 200 200 404 200  404 404 404 404 404",
    ("child", "bookings.view"): "302 404 404 404 404  200 200 403 404 200  404 404 404 404 404",
    ("company", "tickets.view"): "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    ("company", "tickets.write"): "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    ("company", "documents.view"): "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    ("company", "documents.add"): "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    ("company", "statements"): "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    ("branch", "profile.view"): "302 200 200 404 404  404 404 404 404 404  404 404 404 404 404",
    ("branch", "services.view"): "302 200 200 404 404  404 404 404 404 404  404 404 404 404 404",
    ("branch", "tickets.view"): "302 200 200 404 404  404 404 404 404 404  404 404 404 404 404",
    ("branch", "tickets.write"): "302 200 200 404 404  404 404 404 404 404  404 404 404 404 404",
    ("branch", "documents.view"): "302 200 200 404 404  404 404 404 404 404  404 404 404 404 404",
    ("branch", "documents.add"): "302 200 200 404 404  404 404 404 404 404  404 404 404 404 404",
    ("branch", "statements"): "302 403 403 404 404  404 404 404 404 404  404 404 404 404 404",
    ("franchise", "profile.view"): "302 403 404 200 404  404 404 404 404 404  404 404 404 404 404",
    ("franchise", "services.view"): "302 403 404 200 404  404 404 404 404 404  404 404 404 404 404",
    ("franchise", "tickets.view"): "302 403 404 200 404  404 404 404 404 404  404 404 404 404 404",
    ("franchise", "tickets.write"): "302 403 404 200 404  404 404 404 404 404  404 404 404 404 404",
    ("franchise", "documents.view"): "302 403 404 200 404  404 404 404 404 404  404 404 404 404 404",
    ("franchise", "documents.add"): "302 403 404 200 404  404 404 404 404 404  404 404 404 404 404",
    ("franchise", "statements"): "302 403 404 200 404  404 404 404 404 404  404 404 404 404 404",
    ("stranger", "profile.view"): "302 404 404 404 200  404 404 404 404 404  404 404 404 404 404",
    ("stranger", "services.view"): "302 404 404 404 200  404 404 404 404 404  404 404 404 404 404",
    ("stranger", "tickets.view"): "302 404 404 404 200  404 404 404 404 404  404 404 404 404 404",
    ("stranger", "tickets.write"): "302 404 404 404 200  404 404 404 404 404  404 404 404 404 404",
    ("stranger", "documents.view"): "302 404 404 404 200  404 404 404 404 404  404 404 404 404 404",
    ("stranger", "documents.add"): "302 404 404 404 200  404 404 404 404 404  404 404 404 404 404",
    ("stranger", "statements"): "302 404 404 404 200  404 404 404 404 404  404 404 404 404 404",
    ("company", "messages.view"): "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    ("branch", "messages.view"): "302 403 200 404 404  404 404 404 404 404  404 404 404 404 404",
    ("franchise", "messages.view"): "302 403 404 200 404  404 404 404 404 404  404 404 404 404 404",
    ("stranger", "messages.view"): "302 404 404 404 200  404 404 404 404 404  404 404 404 404 404",
    ("teen", "messages.view"): "302 404 404 404 404  200 200 200 404 200  404 404 404 404 404",
    ("child", "messages.view"): "302 404 404 404 404  200 200 403 404 200  404 404 404 404 404",
    ("company", "memberships.view"): "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    ("branch", "memberships.view"): "302 403 200 404 404  404 404 404 404 404  404 404 404 404 404",
    ("franchise", "memberships.view"): "302 403 404 200 404  404 404 404 404 404  404 404 404 404 404",
    ("stranger", "memberships.view"): "302 404 404 404 200  404 404 404 404 404  404 404 404 404 404",
    ("teen", "memberships.view"): "302 404 404 404 404  200 200 200 404 200  404 404 404 404 404",
    ("child", "memberships.view"): "302 404 404 404 404  200 200 403 404 200  404 404 404 404 404",
    ("company", "memberships.buy"): "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    ("branch", "memberships.buy"): "302 403 200 404 404  404 404 404 404 404  404 404 404 404 404",
    ("franchise", "memberships.buy"): "302 403 404 200 404  404 404 404 404 404  404 404 404 404 404",
    ("stranger", "memberships.buy"): "302 404 404 404 200  404 404 404 404 404  404 404 404 404 404",
    ("teen", "memberships.buy"): "302 404 404 404 404  200 200 200 404 403  404 404 404 404 404",
    ("child", "memberships.buy"): "302 404 404 404 404  200 200 403 404 403  404 404 404 404 404",
    ("company", "profile.edit"): "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    ("branch", "profile.edit"): "302 403 200 404 404  404 404 404 404 404  404 404 404 404 404",
    ("franchise", "profile.edit"): "302 403 404 200 404  404 404 404 404 404  404 404 404 404 404",
    ("stranger", "profile.edit"): "302 404 404 404 200  404 404 404 404 404  404 404 404 404 404",
    ("teen", "profile.view"): "302 404 404 404 404  200 200 200 404 200  404 404 404 404 404",
    ("teen", "services.view"): "302 404 404 404 404  200 200 200 404 200  404 404 404 404 404",
    ("teen", "profile.edit"): "302 404 404 404 404  200 200 200 404 403  404 404 404 404 404",
    ("teen", "tickets.view"): "302 404 404 404 404  200 403 200 404 403  404 404 404 404 404",
    ("teen", "tickets.write"): "302 404 404 404 404  200 403 200 404 403  404 404 404 404 404",
    ("teen", "documents.view"): "302 404 404 404 404  200 200 200 404 403  404 404 404 404 404",
    ("teen", "documents.add"): "302 404 404 404 404  200 200 200 404 403  404 404 404 404 404",
    ("teen", "statements"): "302 404 404 404 404  200 403 200 404 403  404 404 404 404 404",
    ("child", "profile.view"): "302 404 404 404 404  200 200 403 404 200  404 404 404 404 404",
    ("child", "services.view"): "302 404 404 404 404  200 200 403 404 200  404 404 404 404 404",
    ("child", "profile.edit"): "302 404 404 404 404  200 200 403 404 403  404 404 404 404 404",
    ("child", "tickets.view"): "302 404 404 404 404  200 403 403 404 403  404 404 404 404 404",
    ("child", "tickets.write"): "302 404 404 404 404  200 403 403 404 403  404 404 404 404 404",
    ("child", "documents.view"): "302 404 404 404 404  200 200 403 404 403  404 404 404 404 404",
    ("child", "documents.add"): "302 404 404 404 404  200 200 403 404 403  404 404 404 404 404",
    ("child", "statements"): "302 404 404 404 404  200 403 403 404 403  404 404 404 404 404",
    ("company", "bookings.book"): "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    ("branch", "bookings.book"): "302 403 200 404 404  404 404 404 404 404  404 404 404 404 404",
    ("franchise", "bookings.book"): "302 403 404 200 404  404 404 404 404 404  404 404 404 404 404",
    ("stranger", "bookings.book"): "302 404 404 404 200  404 404 404 404 404  404 404 404 404 404",
    ("teen", "bookings.book"): "302 404 404 404 404  200 200 200 404 403  404 404 404 404 404",
    ("child", "bookings.book"): "302 404 404 404 404  200 200 403 404 403  404 404 404 404 404",
}
"""Pages about a customer in the portal, management being on and the independent option off. In the group the nanny
sees, books and reads documents, `both` only sees, and the access of `lapsed` has ended."""

STAFF = {
    "orders.manage": "302 404 404 404 404  404 404 404 404 404  200 200 403 200 404",
    "customers.view": "302 404 404 404 404  404 404 404 404 404  200 200 200 200 404",
    "bookings.desk": "302 404 404 404 404  404 404 404 404 404  200 200 403 200 404",
    "tickets.answer": "302 404 404 404 404  404 404 404 404 404  200 200 403 200 404",
    "documents.manage": "302 404 404 404 404  404 404 404 404 404  200 200 403 200 404",
    "customers.contact": "302 404 404 404 404  404 404 404 404 404  200 200 403 200 404",
    "customers.edit": "302 404 404 404 404  404 404 404 404 404  403 200 403 200 404",
    "services.manage": "302 404 404 404 404  404 404 404 404 404  403 200 403 200 404",
    "customers.status": "302 404 404 404 404  404 404 404 404 404  403 200 403 200 404",
    "customers.view_as": "302 404 404 404 404  404 404 404 404 404  403 200 403 200 404",
    "customers.remove": "302 404 404 404 404  404 404 404 404 404  403 403 403 200 404",
    "customers.invite": "302 404 404 404 404  404 404 404 404 404  200 200 403 200 404",
    "groups.manage": "302 404 404 404 404  404 404 404 404 404  200 200 403 200 404",
    "groups.freeze": "302 404 404 404 404  404 404 404 404 404  403 200 403 200 404",
    "customers.finance": "302 404 404 404 404  404 404 404 404 404  403 200 403 200 404",
    "finance.post": "302 404 404 404 404  404 404 404 404 404  403 200 403 200 404",
    "sub_accounts.link": "302 404 404 404 404  404 404 404 404 404  403 403 403 200 404",
    "partner_accounts.link": "302 404 404 404 404  404 404 404 404 404  403 200 403 200 404",
    "sub_accounts.manage": "302 404 404 404 404  404 404 404 404 404  403 403 403 200 404",
    "audit.view": _OFFICE,
}
"""Pages about a customer in the back office."""

ONLY_ITS_OWNERS = {
    "/my-group/<public_id:group>": _MINE,
    "/my-group/<public_id:group>/leave": "302 404 404 404 404  200 200 403 404 200  404 404 404 404 404",
    "/my-group/<public_id:group>/agreement": _NOBODYS,
    "/my-group/<public_id:group>/agreement/end": "302 404 404 404 404  403 403 403 404 403  404 404 404 404 404",
    "/my-group/<public_id:group>/add": _MANAGED,
    "/my-group/<public_id:group>/invite": _MANAGED,
    "/my-group/<public_id:group>/members/<public_id:member>": _MANAGED,
    "/my-group/<public_id:group>/members/<public_id:member>/remove": _MANAGED,
    "/my-group/<public_id:group>/members/<public_id:member>/offer": _OWNED,
    "/my-group/<public_id:group>/invitations/<public_id:invitation>/again": _OWNED,
    "/my-group/<public_id:group>/invitations/<public_id:invitation>/revoke": _OWNED,
    "/my-group/<public_id:group>/dissolve": _OWNED,
    "/my-group/waiting/<public_id:invitation>": _NOBODYS,
    "/my-group/waiting/<public_id:invitation>/accept": _NOBODYS,
    "/my-group/waiting/<public_id:invitation>/decline": _NOBODYS,
    "/messages/<public_id:written>": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/messages/<public_id:written>/open": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/memberships/<public_id:membership>": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/memberships/<public_id:membership>/renew": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/memberships/<public_id:membership>/end": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/memberships/<public_id:membership>/end/undo": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    **dict.fromkeys(
        (
            "/services/<public_id:service>",
            "/services/<public_id:service>/change",
            "/services/<public_id:service>/pause",
            "/services/<public_id:service>/resume",
            "/services/<public_id:service>/stop",
            "/orders/<public_id:order>",
            "/orders/<public_id:order>/cancel",
        ),
        "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    ),
    **dict.fromkeys(
        (
            "/staff/orders/<public_id:order>",
            "/staff/orders/<public_id:order>/accept",
            "/staff/orders/<public_id:order>/fulfil",
            "/staff/orders/<public_id:order>/cancel",
        ),
        "302 404 404 404 404  404 404 404 404 404  200 200 403 200 404",
    ),
    "/staff/catalogue/<public_id:article>": "302 404 404 404 404  404 404 404 404 404  403 200 200 200 404",
    "/memberships/<public_id:membership>/freeze": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/memberships/<public_id:membership>/unfreeze": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/memberships/<public_id:membership>/change": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/calendar/bookings/<public_id:booking>.ics": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/documents/<public_id:document>/download": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/view-as/end": "302 200 200 200 200  200 200 200 200 200  404 404 404 404 404",
    "/tickets/<public_id:ticket>": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/tickets/<public_id:ticket>/solved": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/tickets/<public_id:ticket>/files/<public_id:attachment>": _COMPANYS,
    "/documents/<public_id:document>/look": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/documents/<public_id:document>/edit": "302 403 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/documents/<public_id:document>/remove": "302 403 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/bookings/booked/<public_id:booking>/cancel": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/jobs/<public_id:job>": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/jobs/<public_id:job>/cancel": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/statements/entries/<public_id:entry>": "302 200 403 404 404  404 404 404 404 404  404 404 404 404 404",
    "/invoices/<public_id:invoice>": "302 200 403 404 404  404 404 404 404 404  404 404 404 404 404",
    "/invoices/<public_id:invoice>.pdf": "302 200 403 404 404  404 404 404 404 404  404 404 404 404 404",
    "/invoices/<public_id:invoice>/credit": "302 403 403 404 404  404 404 404 404 404  404 404 404 404 404",
    "/invoices/requests/<public_id:request>": "302 200 403 404 404  404 404 404 404 404  404 404 404 404 404",
    "/credit-notes/<public_id:note>": "302 200 403 404 404  404 404 404 404 404  404 404 404 404 404",
    "/staff/invoices/<public_id:invoice>": _FIGURES,
    "/staff/invoices/<public_id:invoice>.pdf": _FIGURES,
    "/staff/credit-notes/<public_id:note>": _FIGURES,
    "/statements/saved/<public_id:document>": "302 200 403 404 404  404 404 404 404 404  404 404 404 404 404",
    "/statements/sent/<public_id:mail>": "302 200 403 404 404  404 404 404 404 404  404 404 404 404 404",
    "/statements/files/<public_id:job>": "302 404 403 404 404  404 404 404 404 404  404 404 404 404 404",
    "/account/sessions/<public_id:session_id>/end": "302 200 404 404 404  404 404 404 404 404  404 404 404 404 404",
    "/staff/account/sessions/<public_id:session_id>/end": _NOBODYS,
    "/staff/plans/<public_id:plan>": "302 404 404 404 404  404 404 404 404 404  403 200 200 200 404",
    **dict.fromkeys(
        (
            "/staff/messages/<public_id:sent>",
            "/staff/messages/<public_id:sent>/stop",
        ),
        _FIGURES,
    ),
    **dict.fromkeys(
        (
            "/staff/messages/templates/<public_id:template>",
            "/staff/messages/templates/<public_id:template>/remove",
        ),
        "302 404 404 404 404  404 404 404 404 404  403 200 403 200 200",
    ),
    "/staff/outbox/<public_id:message>": _OFFICE,
    "/staff/outbox/<public_id:message>/again": _OFFICE,
    "/staff/outbox/<public_id:message>/attachments/<int:index>": _FIGURES,
    "/staff/links/import/<public_id:job>": _NO_STAFF,
    "/staff/links/import/<public_id:job>.csv": _NO_STAFF,
    "/staff/bank/<public_id:file>": _FIGURES,
    "/staff/bank/<public_id:file>/sure": _FIGURES,
    "/staff/bank/<public_id:file>/lines/<public_id:line>": _FIGURES,
    "/staff/billing/<public_id:run>": _FIGURES,
    "/staff/billing/<public_id:run>/stop": _FIGURES,
    **dict.fromkeys(
        (
            "/staff/tickets/<public_id:ticket>",
            "/staff/tickets/<public_id:ticket>/write",
            "/staff/tickets/<public_id:ticket>/state",
            "/staff/tickets/<public_id:ticket>/give",
            "/staff/tickets/<public_id:ticket>/merge",
            "/staff/tickets/<public_id:ticket>/files/<public_id:attachment>",
            "/staff/tickets/mail",
            "/staff/tickets/mail/<public_id:letter>",
            "/staff/tickets/mail/<public_id:letter>/aside",
            "/staff/tickets/answers/<public_id:canned>",
            "/staff/tickets/answers/<public_id:canned>/retire",
            "/staff/bookings/sessions/<public_id:session>",
            "/staff/bookings/sessions/<public_id:session>/note",
            "/staff/bookings/sessions/<public_id:session>/everybody",
            "/staff/bookings/sessions/<public_id:session>/walk-in",
            "/staff/bookings/bookings/<public_id:booking>/cancel",
            "/staff/bookings/bookings/<public_id:booking>/move",
        ),
        "302 404 404 404 404  404 404 404 404 404  200 200 403 200 404",
    ),
    **dict.fromkeys(
        (
            "/staff/activities/<public_id:activity>",
            "/staff/activities/<public_id:activity>/edit",
            "/staff/activities/<public_id:activity>/retire",
            "/staff/activities/<public_id:activity>/sessions",
            "/staff/activities/sessions/<public_id:session>/move",
            "/staff/activities/sessions/<public_id:session>/places",
            "/staff/activities/sessions/<public_id:session>/cancel",
            "/staff/activities/series/<public_id:series>",
            "/staff/activities/series/<public_id:series>/end",
        ),
        "302 404 404 404 404  404 404 404 404 404  403 200 200 200 404",
    ),
    "/staff/jobs/<public_id:job>": _OFFICE,
    "/staff/jobs/<public_id:job>/cancel": _OFFICE,
    "/staff/config/partners/<public_id:partner>": _OFFICE,
    "/staff/config/partners/<public_id:partner>/looks": _OFFICE,
    "/staff/config/finance/notifications/<public_id:partner>": _OFFICE,
    "/staff/config/finance/partners/<public_id:partner>": _OFFICE,
    "/staff/config/features/groups": "302 404 404 404 404  404 404 404 404 404  403 403 200 200 403",
    "/staff/config/features/partners/<public_id:partner>": _OPERATED,
    "/staff/config/administrators/<public_id:login>/disable": _NO_STAFF,
    "/staff/config/administrators/<public_id:login>/enable": _NO_STAFF,
    "/staff/config/administrators/<public_id:login>/role": _NO_STAFF,
    "/staff/config/administrators/<public_id:login>/permissions": _NO_STAFF,
    "/staff/config/roles/new": _ROLES,
    "/staff/config/roles/<public_id:role>/edit": _ROLES,
    "/staff/config/roles/<public_id:role>/delete": _ROLES,
}
"""Pages about one thing: the parent's group with its child and an invitation of an Admin, the company's entry,
document, mail, job and session, and the login of a customer."""


def _of_the_company(sees: bool) -> dict[str, dict[str, int]]:
    """A thing of the company's is nowhere among what is another's, for whoever may look there."""
    more = ("nanny", "both") if sees else ()
    found = {
        "branch": ("company", "branch"),
        "franchise": ("franchise",),
        "stranger": ("stranger",),
        "teen": ("parent", "teen", *more),
        "child": ("parent", *more),
    }
    return {about: dict.fromkeys(people, 404) for about, people in found.items()}


ELSEWHERE = {
    "/for/<public_id:subject>/services/<public_id:service>": _of_the_company(True),
    "/for/<public_id:subject>/services/<public_id:service>/change": _of_the_company(False),
    "/for/<public_id:subject>/services/<public_id:service>/pause": _of_the_company(False),
    "/for/<public_id:subject>/services/<public_id:service>/resume": _of_the_company(False),
    "/for/<public_id:subject>/services/<public_id:service>/stop": _of_the_company(False),
    "/for/<public_id:subject>/orders/<public_id:order>": _of_the_company(True),
    "/for/<public_id:subject>/orders/<public_id:order>/cancel": _of_the_company(False),
    # What it says, then for each person; a job that has no file yet, an account that is no sub-account.
    "/for/<public_id:subject>/statements/files/<public_id:job>": {
        "company": {"company": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "teen": 404}, "child": {"parent": 404},
    },
    "/for/<public_id:subject>/messages/<public_id:written>": {
        "branch": {"branch": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "nanny": 404, "teen": 404, "both": 404},
        "child": {"parent": 404, "nanny": 404, "both": 404},
    },
    "/for/<public_id:subject>/memberships/<public_id:membership>": {
        "branch": {"branch": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "nanny": 404, "teen": 404, "both": 404},
        "child": {"parent": 404, "nanny": 404, "both": 404},
    },
    "/for/<public_id:subject>/memberships/<public_id:membership>/renew": {
        "branch": {"branch": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "nanny": 404, "teen": 404}, "child": {"parent": 404, "nanny": 404},
    },
    "/for/<public_id:subject>/memberships/<public_id:membership>/end": {
        "branch": {"branch": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "nanny": 404, "teen": 404}, "child": {"parent": 404, "nanny": 404},
    },
    "/for/<public_id:subject>/memberships/<public_id:membership>/end/undo": {
        "branch": {"branch": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "nanny": 404, "teen": 404}, "child": {"parent": 404, "nanny": 404},
    },
    "/for/<public_id:subject>/memberships/<public_id:membership>/freeze": {
        "branch": {"branch": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "nanny": 404, "teen": 404}, "child": {"parent": 404, "nanny": 404},
    },
    "/for/<public_id:subject>/memberships/<public_id:membership>/unfreeze": {
        "branch": {"branch": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "nanny": 404, "teen": 404}, "child": {"parent": 404, "nanny": 404},
    },
    "/for/<public_id:subject>/memberships/<public_id:membership>/change": {
        "branch": {"branch": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "nanny": 404, "teen": 404}, "child": {"parent": 404, "nanny": 404},
    },
    "/for/<public_id:subject>/calendar/bookings/<public_id:booking>.ics": {
        "franchise": {"franchise": 404}, "stranger": {"stranger": 404}, "branch": {"branch": 404},
        "teen": {"parent": 404, "nanny": 404, "teen": 404, "both": 404},
        "child": {"parent": 404, "nanny": 404, "both": 404},
    },
    "/for/<public_id:subject>/tickets/<public_id:ticket>": {
        "branch": {"company": 404, "branch": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "teen": 404}, "child": {"parent": 404},
    },
    "/for/<public_id:subject>/tickets/<public_id:ticket>/files/<public_id:attachment>": {
        "branch": {"company": 404, "branch": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "teen": 404}, "child": {"parent": 404},
    },
    "/for/<public_id:subject>/documents/<public_id:document>/download": {
        "branch": {"company": 404, "branch": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "nanny": 404, "teen": 404}, "child": {"parent": 404, "nanny": 404},
    },
    "/for/<public_id:subject>/documents/<public_id:document>/look": {
        "branch": {"company": 404, "branch": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "nanny": 404, "teen": 404}, "child": {"parent": 404, "nanny": 404},
    },
    "/for/<public_id:subject>/documents/<public_id:document>/edit": {
        "company": {"company": 403},
        "branch": {"company": 404, "branch": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "nanny": 404, "teen": 404}, "child": {"parent": 404, "nanny": 404},
    },
    "/for/<public_id:subject>/documents/<public_id:document>/remove": {
        "company": {"company": 403},
        "branch": {"company": 404, "branch": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "nanny": 404, "teen": 404}, "child": {"parent": 404, "nanny": 404},
    },
    "/for/<public_id:subject>/bookings/booked/<public_id:booking>/cancel": {
        "branch": {"branch": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "nanny": 404, "teen": 404}, "child": {"parent": 404, "nanny": 404},
    },
    "/for/<public_id:subject>/statements/entries/<public_id:entry>": {
        "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "teen": 404}, "child": {"parent": 404},
    },
    "/for/<public_id:subject>/invoices/<public_id:invoice>": {
        "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "teen": 404}, "child": {"parent": 404},
    },
    "/for/<public_id:subject>/invoices/<public_id:invoice>.pdf": {
        "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "teen": 404}, "child": {"parent": 404},
    },
    "/for/<public_id:subject>/invoices/<public_id:invoice>/credit": {
        "company": {"company": 403}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "teen": 404}, "child": {"parent": 404},
    },
    "/for/<public_id:subject>/invoices/requests/<public_id:request>": {
        "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "teen": 404}, "child": {"parent": 404},
    },
    "/for/<public_id:subject>/credit-notes/<public_id:note>": {
        "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "teen": 404}, "child": {"parent": 404},
    },
    "/for/<public_id:subject>/statements/saved/<public_id:document>": {
        "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "teen": 404}, "child": {"parent": 404},
    },
    "/for/<public_id:subject>/statements/sent/<public_id:mail>": {
        "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
        "teen": {"parent": 404, "teen": 404}, "child": {"parent": 404},
    },
    "/for/<public_id:subject>/": {
        "company": {"company": 302}, "branch": {"branch": 302}, "franchise": {"franchise": 302},
        "stranger": {"stranger": 302}, "teen": {"teen": 302},
    },
    "/people": {"company": dict.fromkeys(STAFF_NAMES, 404)},
    "/staff/customers/<public_id:subject>/billing-mode": {"company": {"super": 404}},
    "/staff/customers/<public_id:subject>/unlink": {"company": {"super": 404}},
    "/staff/customers/<public_id:subject>/partner-account/unlink": {"company": {"administrator": 404, "super": 404}},
    "/staff/customers/<public_id:subject>/settle": {"company": {"super": 404}},
    "/staff/customers/<public_id:subject>/settle/step": {"company": {"super": 404}},
    "/staff/customers/<public_id:subject>/finance/entries/<public_id:entry>/allocate": {
        "company": {"administrator": 404, "super": 404},
    },
    "/staff/customers/<public_id:subject>/finance/entries/<public_id:entry>/refund": {
        "company": {"administrator": 404, "super": 404},
    },
    "/staff/customers/<public_id:subject>/finance/entries/<public_id:entry>/allocations/<public_id:invoice>": {
        "company": {"administrator": 404, "super": 404},
    },
    "/staff/customers/<public_id:subject>/finance/apply-credit": {"company": {"administrator": 409, "super": 409}},
    "/staff/customers/<public_id:subject>/finance/files/<public_id:job>": {
        "company": {"administrator": 404, "super": 404},
    },
    "/staff/customers/<public_id:subject>/documents/<public_id:document>": {
        "company": {"frontdesk": 404, "operations": 404},
    },
    "/staff/customers/<public_id:subject>/documents/<public_id:document>/look": {
        "company": {"frontdesk": 404, "operations": 404},
    },
    "/staff/customers/<public_id:subject>/documents/<public_id:document>/edit": {
        "company": {"frontdesk": 404, "administrator": 403, "super": 403},
    },
    "/staff/customers/<public_id:subject>/documents/<public_id:document>/remove": {
        "company": {"frontdesk": 404, "administrator": 403, "super": 403},
    },
}  # fmt: skip
"""Where a thing in the address is not that customer's, nothing is there to do, or one's own page has a shorter one."""

OTHERS = ("Othermum", "Otherchild", "canary of othermum", "canary of otherchild", "canary of stranger")
NOTE = "canary of the note"
"""Stands in an internal note of the company's ticket (M4)."""

HIDDEN = {
    "company": (NOTE, "canary of branch", "canary of franchise", "canary of stranger"),
    "branch": (NOTE, "canary of company", "canary of franchise", "canary of stranger"),
    "franchise": ("canary of company", "canary of branch", "canary of stranger"),
    "stranger": ("canary of company", "canary of branch", "canary of franchise"),
    "parent": ("canary of nanny", "canary of lapsed", *OTHERS),
    "nanny": ("canary of parent", "canary of teen", "canary of child", *OTHERS),
    "teen": ("canary of parent", "canary of child", "canary of nanny", *OTHERS),
    "lapsed": ("canary of parent", "canary of teen", "canary of child", "Teen", "Nanny of", *OTHERS),
    "both": ("canary of parent", "canary of teen", "canary of child", "canary of otherchild", "Lapsed family"),
    "elsewhere": ("canary of company", "canary of branch", "canary of franchise", "canary of stranger"),
}
"""What stands in books that these people may not see: a branch's from before it was linked, too."""

SEES = {
    "company": ("company", "branch"),
    "franchise": ("franchise",),
    "stranger": ("stranger",),
    "parent": ("parent", "teen", "child"),
    "nanny": ("nanny",),
    "teen": ("teen",),
    "lapsed": ("lapsed",),
    "both": ("both",),
    "administrator": tuple(CANARIES),
    "super": tuple(CANARIES),
}
"""Whose amounts somebody may meet (S9); nobody else meets any."""

LOOKED = "'finance.read'"
"""Stands in the lines of the log that tell who looked at finances."""

BRIEFLY = {"Accept": "application/json"}
"""Asks for a refusal without the page around it, which takes most of the time that refusing takes."""

PUBLIC = frozenset(
    {
        "/.well-known/security.txt",
        "/brand/<public_id:partner>/<version>.css",
        "/brand/<public_id:partner>/<version>.png",
        "/calendar/<token>.ics",
        "/healthz",
        "/invitations/<token>",
        "/invitations/<token>/again",
        "/invitations/<token>/decline",
        "/invitations/declined",
        "/login",
        "/login/activate",
        "/login/activate/done",
        "/login/activation/<token>",
        "/login/forgot",
        "/login/forgot/done",
        "/login/invitation-sent",
        "/login/invitation/<token>",
        "/login/invitation/<token>/again",
        "/login/reset/<token>",
        "/logout",
        "/logout/done",
        "/session/stay",
        "/unsubscribe/<token>",
        "/metrics",
        "/readyz",
    }
)


def rules(app: Flask) -> Iterator[Rule]:
    """Every rule there is."""
    return app.url_map.iter_rules()


def expected(rule: Rule, permission: str, about: str, person: str) -> int:
    """What the tables above say."""
    exception = ELSEWHERE.get(rule.rule, {}).get(about, {}).get(person)
    if exception is not None:
        return exception
    return int(_row(rule.rule, permission, about).split()[PEOPLE.index(person)])


def _row(path: str, permission: str, about: str) -> str:
    if path in ONLY_ITS_OWNERS:
        return ONLY_ITS_OWNERS[path]
    if path.startswith("/for/"):
        return FOR[about, "statements" if permission.startswith(("statements", "invoices")) else permission]
    return STAFF[permission] if "<public_id:subject>" in path else OWN[permission]


def filled(path: str, world: World, about: str) -> str:
    """An address with every placeholder filled in."""
    values = {**world.places, "subject": world.customers[about].public_id}
    if path.startswith("/my-group/"):
        values["invitation"] = values["guest"]
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], path)


def subjects(path: str) -> tuple[str, ...]:
    if path.startswith("/for/"):
        return SUBJECTS
    return ("parent",) if "<public_id:group>" in path else ("company",)


@pytest.mark.engine("sqlite")
def test_sec1_only_the_routes_in_the_table_are_public(app: Flask) -> None:
    assert {rule.rule for rule in rules(app) if policy(app, rule.endpoint) == "public"} == PUBLIC


@pytest.mark.engine("sqlite")
def test_sec1_an_unmarked_endpoint_stops_the_start(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    stray = Blueprint("stray", __name__)
    stray.add_url_rule("/stray", "page", lambda: "")
    monkeypatch.setattr("portal.web.home.bp", stray)
    with pytest.raises(RuntimeError, match=r"stray\.page"):
        create_app(settings)


@pytest.mark.parametrize("person", PEOPLE)
def test_sec2_sec4_sec10_sec56_every_page_for_every_kind_of_person(app: Flask, world: World, person: str) -> None:
    client, before, wrong = browser_of(app, person), contents(), []
    for rule in rules(app):
        mark = policy(app, rule.endpoint)
        if mark == "public" or "GET" not in (rule.methods or ()):
            continue
        for about in subjects(rule.rule):
            wanted = expected(rule, mark.value, about, person)  # type: ignore[union-attr]
            status, shown = ask(client, filled(rule.rule, world, about), wanted)
            unseen = CANARIES.keys() - set(SEES.get(person, ()))
            wrong += [f"{rule.rule} [{about}] shows the amount of {name}" for name in amounts(shown, unseen)]
            if status != wanted:
                wrong.append(f"{rule.rule} [{about}]: {status}, not {wanted}")
            wrong += [f"{rule.rule} [{about}] shows the {word}" for word in HIDDEN.get(person, ()) if word in shown]
    assert not wrong, "\n".join(wrong)
    for path in PUBLIC - {"/logout"}:
        ask(client, filled(path, world, "company"))
    assert contents() == before, "a GET changes nothing"


HOSTILE = {
    **dict.fromkeys(("endpoint", "values", "self", "name", "build", "job", "subject", "view", "customer"), "x"),
    "_external": "1",
    "_scheme": "javascript",
    "_anchor": "x",
    "_method": "DELETE",
    "page": "2",
    "before": "zz",
}
"""Query strings that name what addresses are built with."""


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("person", ["super", "company", "parent"])
def test_sec7_no_query_string_reaches_what_builds_addresses(app: Flask, world: World, person: str) -> None:
    client, wrong = browser_of(app, person), []
    for rule in rules(app):
        if "GET" not in (rule.methods or ()):
            continue
        for about in subjects(rule.rule):
            path = filled(rule.rule, world, about)
            headers = {"HX-Request": "true"} if path.endswith("/accounts") else {}
            answer = client.get(f"{path}?{urlencode(HOSTILE)}", headers=headers)
            text = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
            answer.close()
            if answer.status_code >= 500 and path != "/readyz":
                wrong.append(f"{path}: {answer.status_code}")
            shown = [one for one in ("javascript://", "_scheme=", "_anchor=", "endpoint=x") if one in text]
            wrong += [f"{path} shows {one}" for one in shown]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_sec2_o4_a_custom_role_opens_what_it_allows_and_nothing_else(app: Flask, world: World, method: str) -> None:
    client = browser_of(app, "clerk")
    client.get("/staff/account/password")
    data = {"csrf_token": client.page.hidden["csrf_token"]}
    wrong = []
    for rule in rules(app):
        mark = policy(app, rule.endpoint)
        if mark == "public" or method not in (rule.methods or ()):
            continue
        wanted = of_clerk(rule, mark, method)  # type: ignore[arg-type]
        if method == "POST" and wanted == 200:
            continue
        address = filled(rule.rule, world, "company")
        asked = ask(client, address, wanted)[0] if method == "GET" else None
        status = asked or client.post(address, data=data, headers=BRIEFLY).status_code
        if status != wanted:
            wrong.append(f"{method} {rule.rule}: {status}, not {wanted}")
    assert not wrong, "\n".join(wrong)


def of_clerk(rule: Rule, permission: Permission, method: str) -> int:
    """What a page answers to somebody with a custom role: as to staff without it, or as to a Super administrator."""
    usual = int(_row(rule.rule, permission.value, "company").split()[PEOPLE.index("super")])
    if permission not in CLERK and usual == 200:
        return 403
    special = ELSEWHERE.get(rule.rule, {}).get("company", {}) if method == "GET" else {}
    return special.get("frontdesk", special.get("super", usual))


def ask(client: PageClient, path: str, wanted: int = 200) -> tuple[int, str]:
    """The status and text of a page; where only htmx asks, as htmx does, and briefly where a refusal is wanted."""
    headers = {"HX-Request": "true"} if path.endswith("/accounts") else BRIEFLY if wanted in (403, 404) else {}
    answer = client.get(path, headers=headers)
    status = 302 if answer.status_code == 401 and "HX-Redirect" in answer.headers else answer.status_code
    shown = everything(answer)
    answer.close()
    return status, shown


@pytest.mark.parametrize("person", PEOPLE)
def test_sec2_every_deed_is_refused_to_whom_the_table_refuses_it(app: Flask, world: World, person: str) -> None:
    client = browser_of(app, person)
    client.get("/login/forgot")
    token = client.page.hidden["csrf_token"]
    wrong = []
    for rule in rules(app):
        mark = policy(app, rule.endpoint)
        if mark == "public" or "POST" not in (rule.methods or ()):
            continue
        for about in subjects(rule.rule):
            wanted = int(_row(rule.rule, mark.value, about).split()[PEOPLE.index(person)])  # type: ignore[union-attr]
            if wanted == 200:
                continue
            briefly = {} if person == "anonymous" else BRIEFLY
            answer = client.post(filled(rule.rule, world, about), data={"csrf_token": token}, headers=briefly)
            if answer.status_code != wanted:
                wrong.append(f"POST {rule.rule} [{about}]: {answer.status_code}, not {wanted}")
    assert not wrong, "\n".join(wrong)


def contents() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but sessions, which remember when they were last seen, and who looked at what."""
    db.session.rollback()
    tables = [table for table in db.metadata.sorted_tables if table.name not in ("login_session", "viewing")]
    return {
        table.name: sorted(line for row in db.session.execute(table.select()) if LOOKED not in (line := repr(row)))
        for table in tables
    }


@pytest.mark.engine("sqlite")
def test_sec10_undeclared_methods_answer_405(app: Flask, world: World) -> None:
    client = browser_of(app, "company")
    methods: dict[str, set[str]] = {}
    for rule in rules(app):
        methods.setdefault(rule.rule, set()).update(rule.methods or ())
    for path, declared in methods.items():
        if "DELETE" not in declared:
            answer = client.delete(filled(path, world, "company"), headers={"Sec-Fetch-Site": "same-origin"})
            assert answer.status_code in (400, 405), path


@pytest.mark.engine("sqlite")
def test_sec9_ids_in_addresses_are_opaque(app: Flask) -> None:
    numbers = [rule.rule for rule in rules(app) if "<int:" in rule.rule and "attachments" not in rule.rule]
    assert numbers == []
    client = browser_of(app, "anonymous")
    assert client.get("/for/1/").status_code == 404
    assert client.get("/staff/customers/1").status_code == 404
