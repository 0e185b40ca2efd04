"""S5: several accounts' statements at once, as one ZIP or one mail each."""

from __future__ import annotations

import io
import zipfile

from flask import Flask

from portal.actions import jobs
from portal.actions.statements import several
from portal.db.engine import db
from portal.db.tables import OutboxMessage, OutboxRecipient
from portal.rules.holders import Role
from tests.logins import administrator
from tests.people import post
from tests.web.acme import NASTY, at, browser_of, change, company

OCTOBER = {"first": "2026-10-01", "last": "2026-10-31"}


def test_s5_several_accounts_as_one_zip_or_one_mail_each(app: Flask) -> None:
    company()
    change("acme", billing_email="bills@acme.test", email="")
    change("branch", billing_email="branch@acme.test", name=NASTY, email="")
    post("acme", "invoice", 1000, "2026-10-05", description="For the company")
    post("branch", "invoice", 500, "2026-10-06", description="For the branch")
    petra = browser_of(app, "acme")
    petra.get("/statements")
    assert "/statements/several" in petra.page.links
    petra.get("/statements/several")
    assert NASTY in petra.page.words
    form = dict(petra.page.hidden) | OCTOBER
    assert petra.post("/statements/several", data={**form, "do": "zip"}).status_code == 422
    assert "Choose at least one account." in petra.page.words
    chosen = {**form, "account": [several.WHOLE, at("acme").public_id, at("branch").public_id]}
    job = petra.post("/statements/several", data={**chosen, "do": "zip"}).location
    assert petra.post("/statements/several", data={**chosen, "do": "zip"}).location == job, "a double click makes one"
    assert jobs.run_due() == 1
    petra.get(job)
    (url,) = [one for one in petra.page.links if one.startswith("/statements/files/")]
    answer = petra.get(url)
    assert answer.content_type == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert len(archive.namelist()) == 3
        assert all(archive.read(name).startswith(b"%PDF-") for name in archive.namelist())
    # One mail each: who gets which is shown before anything is sent.
    petra.get("/statements/several")
    chosen = {**petra.page.hidden, **OCTOBER, "account": chosen["account"], "do": "mail"}
    petra.post("/statements/several", data=chosen)
    assert "Acme Ltd The whole, with the balance bills@acme.test Acme Ltd bills@acme.test" in petra.page.words
    assert f"{NASTY} branch@acme.test" in petra.page.words
    sending = {**petra.page.hidden, "account": chosen["account"], "step": "send"}
    petra.post("/statements/several", data=sending)
    petra.post("/statements/several", data=sending)
    assert jobs.run_due() == 1
    db.session.rollback()
    sent = sorted(address for (address,) in db.session.query(OutboxRecipient.address))
    assert sent == ["bills@acme.test", "bills@acme.test", "branch@acme.test"]
    assert {purpose for (purpose,) in db.session.query(OutboxMessage.purpose)} == {"statement"}
    # Nobody else's.
    petra.get("/statements/several")
    other = {**petra.page.hidden, **OCTOBER, "account": [at("franchise").public_id], "do": "zip"}
    assert petra.post("/statements/several", data=other).status_code == 404
    assert browser_of(app, "branch").get("/statements/several").status_code == 403
    administrator("sol@portal.test", Role.ADMINISTRATOR)
    sol = browser_of(app, "sol")
    url = f"/staff/customers/{at('acme').public_id}/finance/several"
    sol.get(url)
    job = sol.post(url, data={**sol.page.hidden, **OCTOBER, "every": "1", "do": "zip"}).location
    assert jobs.run_due() == 1
    sol.get(job)
    assert "3 statements are in the file." in sol.page.words
