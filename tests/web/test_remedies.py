"""UX14: what a refusal names as its remedy is a page where that is done."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from portal.web.places import remedies
from tests.people import customer, post
from tests.web.staff.office import path, staff

PORTAL = Path(__file__).parents[2] / "portal"
KEY = re.compile(r"customer(-[a-z]+)+")
TO_APPLY = re.compile(r"Apply\b")


def functions() -> Iterator[ast.FunctionDef]:
    """The functions of rules and actions that give reasons, or the remedies of reasons."""
    for file in sorted(PORTAL.rglob("*.py")):
        if file.relative_to(PORTAL).parts[0] in ("rules", "actions"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.FunctionDef) and ("Reason" in names(node) or "remedy" in node.name):
                    yield node


def names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def texts(node: ast.AST) -> list[str]:
    return [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def test_ux14_every_page_that_a_reason_names_is_there(app: Flask) -> None:
    assert app.url_map
    named = {text for function in functions() for text in texts(function) if KEY.fullmatch(text)}
    assert {"customer-finance", "customer-details", "customer-sub-accounts", "customer-apply-credit"} <= named
    assert named <= remedies().keys()


def test_f7_a_remedy_that_says_to_apply_leads_to_where_that_is_done(app: Flask) -> None:
    assert app.url_map
    saying = [one for one in functions() if any(map(TO_APPLY.match, texts(one)))]
    assert [one.name for one in saying if "customer-apply-credit" not in texts(one)] == []
    assert [one.name for one in saying] == ["credit_remedy"]
    assert remedies()["customer-apply-credit"].endpoint == "staff_customers.apply_credit"


def test_f7_refusals_lead_to_applying_credit(app: Flask) -> None:
    acme = customer("acme", name="Acme")
    customer("pat", name="Pat", own_status="inactive")
    post("pat", "invoice", 500, "2026-11-02")
    post("pat", "credit", 2000, "2026-11-02", ledger="credit")
    client, apply = staff(app, "super"), path("pat", "/finance/apply-credit")
    for page in (path("pat", "/remove"), path("pat", f"/link?as=main&other={acme.public_id}&mode=aggregated")):
        client.get(page)
        assert "Apply it to what is owed, and pay out what is left." in client.page.words, page
        assert apply in client.page.links, page
    client.get(apply)
    assert "House Account −5.00 Customer Credit 20.00" in client.page.words
