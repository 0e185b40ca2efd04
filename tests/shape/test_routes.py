"""Every route and every kind of person, in one table written by hand from the rules (SEC1 to SEC3, SEC9, SEC10).

A route that is not in ROUTES fails here; one without a mark keeps the application from starting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Blueprint, Flask
from werkzeug.routing import Rule

from portal import create_app
from portal.config import Settings
from portal.db.engine import db
from portal.web.guard import OPEN_ENDPOINTS, policy
from tests.pages import PageClient
from tests.shape.world import PEOPLE, World, browser_of, build

pytestmark = pytest.mark.engine("sqlite")

#                       anonymous, company, branch, franchise, stranger,
#                       front desk, administrator, operations, super administrator, super administrator elsewhere
OWN = {
    "home.view": "302 200 200 200 200  302 302 302 302 302",
    "account.manage": "302 200 200 200 200  404 404 404 404 404",
    "jobs.view": "302 200 200 200 200  404 404 404 404 404",
    "sub_accounts.view": "302 200 200 200 200  404 404 404 404 404",
    "profile.view": "302 200 200 200 200  404 404 404 404 404",
    "documents.view": "302 200 200 200 200  404 404 404 404 404",
    "statements.view": "302 200 403 200 200  404 404 404 404 404",
    "statements.save": "302 200 403 200 200  404 404 404 404 404",
    "statements.send": "302 200 403 200 200  404 404 404 404 404",
    "staff.home": "302 404 404 404 404  200 200 200 200 200",
    "customers.view": "302 404 404 404 404  200 200 200 200 200",
    "audit.view": "302 404 404 404 404  403 200 200 200 200",
    "outbox.view": "302 404 404 404 404  403 200 200 200 200",
    "portal.configure": "302 404 404 404 404  403 200 200 200 200",
    "administrators.manage": "302 404 404 404 404  403 403 403 200 200",
}
"""Pages without a customer in the address, by what they need."""

FOR = {
    ("company", "profile.view"): "302 200 404 404 404  404 404 404 404 404",
    ("company", "documents.view"): "302 200 404 404 404  404 404 404 404 404",
    ("company", "statements"): "302 200 404 404 404  404 404 404 404 404",
    ("branch", "profile.view"): "302 200 200 404 404  404 404 404 404 404",
    ("branch", "documents.view"): "302 200 200 404 404  404 404 404 404 404",
    ("branch", "statements"): "302 403 403 404 404  404 404 404 404 404",
    ("franchise", "profile.view"): "302 403 404 200 404  404 404 404 404 404",
    ("franchise", "documents.view"): "302 403 404 200 404  404 404 404 404 404",
    ("franchise", "statements"): "302 403 404 200 404  404 404 404 404 404",
    ("stranger", "profile.view"): "302 404 404 404 200  404 404 404 404 404",
    ("stranger", "documents.view"): "302 404 404 404 200  404 404 404 404 404",
    ("stranger", "statements"): "302 404 404 404 200  404 404 404 404 404",
}
"""Pages about a customer in the portal, management being on and the independent option off."""

STAFF = {
    "customers.view": "302 404 404 404 404  200 200 200 200 404",
    "customers.edit": "302 404 404 404 404  403 200 403 200 404",
    "customers.invite": "302 404 404 404 404  200 200 403 200 404",
    "customers.finance": "302 404 404 404 404  403 200 403 200 404",
    "finance.post": "302 404 404 404 404  403 200 403 200 404",
    "sub_accounts.link": "302 404 404 404 404  403 403 403 200 404",
    "sub_accounts.manage": "302 404 404 404 404  403 403 403 200 404",
    "audit.view": "302 404 404 404 404  403 200 200 200 404",
}
"""Pages about a customer in the back office."""

ONLY_ITS_OWNERS = {
    "/documents/<public_id:document>/download": "302 200 404 404 404  404 404 404 404 404",
    "/jobs/<public_id:job>": "302 200 404 404 404  404 404 404 404 404",
    "/jobs/<public_id:job>/cancel": "302 200 404 404 404  404 404 404 404 404",
    "/statements/entries/<public_id:entry>": "302 200 403 404 404  404 404 404 404 404",
    "/statements/saved/<public_id:document>": "302 200 403 404 404  404 404 404 404 404",
    "/statements/sent/<public_id:mail>": "302 200 403 404 404  404 404 404 404 404",
    "/statements/files/<public_id:job>": "302 404 403 404 404  404 404 404 404 404",
    "/account/sessions/<public_id:session_id>/end": "302 200 404 404 404  404 404 404 404 404",
    "/staff/account/sessions/<public_id:session_id>/end": "302 404 404 404 404  404 404 404 404 404",
    "/staff/outbox/<public_id:message>": "302 404 404 404 404  403 200 200 200 404",
    "/staff/outbox/<public_id:message>/again": "302 404 404 404 404  403 200 200 200 404",
    "/staff/outbox/<public_id:message>/attachments/<int:index>": "302 404 404 404 404  403 200 200 200 404",
    "/staff/jobs/<public_id:job>": "302 404 404 404 404  403 200 200 200 404",
    "/staff/jobs/<public_id:job>/cancel": "302 404 404 404 404  403 200 200 200 404",
    "/staff/config/partners/<public_id:partner>": "302 404 404 404 404  403 200 200 200 404",
    "/staff/config/administrators/<public_id:login>/disable": "302 404 404 404 404  403 403 403 404 404",
    "/staff/config/administrators/<public_id:login>/enable": "302 404 404 404 404  403 403 403 404 404",
    "/staff/config/administrators/<public_id:login>/role": "302 404 404 404 404  403 403 403 404 404",
}
"""Pages about one thing: here the company's entry, document, mail, job and session, and the login of a customer."""

ELSEWHERE = {
    # What it says, then for each person; a job that has no file yet, an account that is no sub-account.
    "/for/<public_id:subject>/statements/files/<public_id:job>": {
        "company": {"company": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
    },
    "/for/<public_id:subject>/documents/<public_id:document>/download": {
        "branch": {"company": 404, "branch": 404}, "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
    },
    "/for/<public_id:subject>/statements/entries/<public_id:entry>": {
        "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
    },
    "/for/<public_id:subject>/statements/saved/<public_id:document>": {
        "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
    },
    "/for/<public_id:subject>/statements/sent/<public_id:mail>": {
        "franchise": {"franchise": 404}, "stranger": {"stranger": 404},
    },
    "/for/<public_id:subject>/": {
        "company": {"company": 302}, "branch": {"branch": 302}, "franchise": {"franchise": 302},
        "stranger": {"stranger": 302},
    },
    "/staff/customers/<public_id:subject>/billing-mode": {"company": {"super": 404}},
    "/staff/customers/<public_id:subject>/unlink": {"company": {"super": 404}},
    "/staff/customers/<public_id:subject>/finance/files/<public_id:job>": {
        "company": {"administrator": 404, "super": 404},
    },
    "/staff/customers/<public_id:subject>/documents/<public_id:document>": {
        "company": {"frontdesk": 404, "operations": 404},
    },
}  # fmt: skip
"""Where a thing in the address is not that customer's, or one's own page has a shorter address."""

HIDDEN = {
    "company": ("canary of branch", "canary of franchise", "canary of stranger"),
    "branch": ("canary of company", "canary of franchise", "canary of stranger"),
    "franchise": ("canary of company", "canary of branch", "canary of stranger"),
    "stranger": ("canary of company", "canary of branch", "canary of franchise"),
    "elsewhere": ("canary of company", "canary of branch", "canary of franchise", "canary of stranger"),
}
"""What stands in books that these people may not see: a branch's from before it was linked, too."""

PUBLIC = frozenset(
    {
        "/.well-known/security.txt",
        "/assets/htmx.min.js",
        "/healthz",
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
        "/metrics",
        "/readyz",
    }
)


def rules(app: Flask) -> Iterator[Rule]:
    """Every rule of ours."""
    return (rule for rule in app.url_map.iter_rules() if rule.endpoint not in OPEN_ENDPOINTS)


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
        return FOR[about, permission.partition(".")[0] if permission.startswith("statements") else permission]
    return STAFF[permission] if "<public_id:subject>" in path else OWN[permission]


def filled(path: str, world: World, about: str) -> str:
    """An address with every placeholder filled in."""
    values = {**world.places, "subject": world.customers[about].public_id}
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], path)


def subjects(path: str) -> tuple[str, ...]:
    if path.startswith("/for/"):
        return ("company", "branch", "franchise", "stranger")
    return ("company",)


def test_sec1_only_the_routes_in_the_table_are_public(app: Flask) -> None:
    assert {rule.rule for rule in rules(app) if policy(app, rule.endpoint) == "public"} == PUBLIC


def test_sec1_an_unmarked_endpoint_stops_the_start(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    stray = Blueprint("stray", __name__)
    stray.add_url_rule("/stray", "page", lambda: "")
    monkeypatch.setattr("portal.web.home.bp", stray)
    with pytest.raises(RuntimeError, match=r"stray\.page"):
        create_app(settings)


@pytest.mark.parametrize("person", PEOPLE)
def test_sec2_sec4_every_page_for_every_kind_of_person(app: Flask, person: str) -> None:
    world = build()
    client = browser_of(app, person)
    wrong = []
    for rule in rules(app):
        mark = policy(app, rule.endpoint)
        if mark == "public" or "GET" not in (rule.methods or ()):
            continue
        for about in subjects(rule.rule):
            status, text = ask(client, filled(rule.rule, world, about))
            wanted = expected(rule, mark.value, about, person)  # type: ignore[union-attr]
            if status != wanted:
                wrong.append(f"{rule.rule} [{about}]: {status}, not {wanted}")
            wrong += [f"{rule.rule} [{about}] shows the {word}" for word in HIDDEN.get(person, ()) if word in text]
    assert not wrong, "\n".join(wrong)


def ask(client: PageClient, path: str) -> tuple[int, str]:
    """The status and text of a page; where only htmx asks, as htmx does."""
    answer = client.get(path, headers={"HX-Request": "true"} if path.endswith("/accounts") else {})
    status = 302 if answer.status_code == 401 and "HX-Redirect" in answer.headers else answer.status_code
    text = answer.get_data(as_text=True) if answer.mimetype.startswith("text/") else ""
    answer.close()
    return status, text


@pytest.mark.parametrize("person", PEOPLE)
def test_sec2_every_deed_is_refused_to_whom_the_table_refuses_it(app: Flask, person: str) -> None:
    world = build()
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
            answer = client.post(filled(rule.rule, world, about), data={"csrf_token": token})
            if answer.status_code != wanted:
                wrong.append(f"POST {rule.rule} [{about}]: {answer.status_code}, not {wanted}")
    assert not wrong, "\n".join(wrong)


def test_sec10_a_get_changes_nothing(app: Flask) -> None:
    world = build()
    for person in ("company", "super"):
        client = browser_of(app, person)
        before = contents()
        for rule in rules(app):
            if "GET" in (rule.methods or ()):
                for about in subjects(rule.rule):
                    ask(client, filled(rule.rule, world, about))
        assert contents() == before


def contents() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but sessions, which remember when they were last seen."""
    db.session.rollback()
    tables = [table for table in db.metadata.sorted_tables if table.name != "login_session"]
    return {table.name: sorted(map(repr, db.session.execute(table.select()))) for table in tables}  # type: ignore[misc]


def test_sec10_undeclared_methods_answer_405(app: Flask) -> None:
    world = build()
    client = browser_of(app, "company")
    for rule in rules(app):
        methods = rule.methods or set()
        address = filled(rule.rule, world, "company")
        others = {method for other in rules(app) if other.rule == rule.rule for method in other.methods or ()}
        if "DELETE" not in methods | others:
            assert client.delete(address, headers={"Sec-Fetch-Site": "same-origin"}).status_code in (400, 405), address


def test_sec9_ids_in_addresses_are_opaque(app: Flask) -> None:
    numbers = [rule.rule for rule in rules(app) if "<int:" in rule.rule and "attachments" not in rule.rule]
    assert numbers == []
    client = browser_of(app, "anonymous")
    assert client.get("/for/1/").status_code == 404
    assert client.get("/staff/customers/1").status_code == 404
