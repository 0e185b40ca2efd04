"""`flask customer remove`."""

from __future__ import annotations

from flask import Flask

from portal.db.customers import profiles as customers
from portal.rules.holders import Role
from tests import people
from tests.cli.commands import answer, run
from tests.logins import administrator


def test_l12_a_preview_lists_every_tie_and_changes_nothing(app: Flask) -> None:
    people.customer("zoe")
    people.post("zoe", "invoice", 1250, "2026-11-01")
    said = answer(app, "customer", "remove", "zoe", "--preview", code=1)
    assert [one["message"] for one in said["refused"]] == ["Zoe owes 12.50 EUR.", "Zoe is Active."]
    assert {one["rule"] for one in said["refused"]} == {"L12"}
    assert said["preview"] == "Remove Zoe"
    lines = run(app, "customer", "remove", "zoe", "--preview", code=1).stderr.splitlines()
    assert lines[:2] == [
        "[L12] Zoe owes 12.50 EUR. Record a payment, or post a credit.",
        "[L12] Zoe is Active. Set it to Inactive, last of all.",
    ]
    assert [line.split()[0] for line in run(app, "customer", "remove", "zoe", code=1).stderr.splitlines()] == [
        "[L12]"
    ] * 2
    assert answer(app, "customer", "remove", "zoe", code=1)["refused"] == said["refused"]
    assert answer(app, "customer", "show", "zoe")["name"] == "Zoe"


def test_removing(app: Flask) -> None:
    zoe = people.customer("zoe", own_status="inactive")
    boss = administrator("boss@staff.test")
    text = run(app, "customer", "remove", "zoe", "--preview").stdout
    assert text.startswith(
        f"Zoe (zoe) would be removed; its books would name it Removed customer {zoe.public_id[:8]}.\n"
    )
    assert "  Erased: its details, logins: 0, documents: 0, mails: 0\n" in text
    wanted = {"logins": 0, "documents": 0, "mails": 0, "entries": 0, "name": f"Removed customer {zoe.public_id[:8]}"}
    said = answer(app, "customer", "remove", "zoe", "--preview")
    renamed = {"what": "Name", "before": "Zoe", "after": wanted["name"]}
    ahead = {"preview": "Remove Zoe", "changes": [renamed], "warnings": []}
    assert said == {"customer": "zoe", **wanted, **ahead}
    said = answer(app, "customer", "remove", "zoe", "--as", boss.email)
    assert said == {"customer": zoe.public_id, **wanted}
    assert customers.by_id(zoe.id).removed_at is not None
    assert "was removed" in run(app, "customer", "remove", zoe.public_id, code=1).stderr
    assert "[L12]" in run(app, "customer", "status", zoe.public_id, "active", code=1).stderr
    assert "[L12]" in run(app, "post", "invoice", zoe.public_id, "5", "--date", "2026-11-01", code=1).stderr
    run(app, "doctor")
    other = people.customer("other", own_status="inactive")
    assert run(app, "customer", "remove", "other").stdout == (
        f"Removed. The books name it Removed customer {other.public_id[:8]} ({other.public_id}).\n"
    )


def test_what_is_refused_and_what_is_wrong_usage(app: Flask) -> None:
    people.customer("zoe", own_status="inactive")
    admin = administrator("admin@staff.test", Role.ADMINISTRATOR)
    assert "Your role" in run(app, "customer", "remove", "zoe", "--as", admin.email, code=1).stderr
    assert answer(app, "customer", "remove", "nobody", code=1) == {"failed": ["There is no customer “nobody”."]}
    run(app, "customer", "remove", code=2)
