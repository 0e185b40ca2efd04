"""`flask import services` and `flask service show` (M1)."""

from tests.cli.commands import answer, run
from tests.people import customer

HEAD = "external_id,customer,plan,price,number,period,started_on,paid_until\n"


def test_m1_services_are_shown_with_what_is_billed_next(app, tmp_path):
    acme = customer("acme")
    path = tmp_path / "services.csv"
    path.write_text(HEAD + "s1,acme,Hall A,29.95,2,month,2026-01-01,2026-11-30\n", encoding="utf-8")
    assert answer(app, "import", "services", path)["created"] == 1
    (found,) = answer(app, "service", "show", "acme")["services"]
    public_id = found.pop("public_id")
    assert len(public_id) == 20
    assert found == {
        "external_id": "s1",
        "plan": "Hall A",
        "price": "29.95",
        "number": "2",
        "period": "month",
        "state": "active",
        "started_on": "2026-01-01",
        "stopped_on": None,
        "paid_until": "2026-11-30",
        "next": {"from": "2026-12-01", "to": "2026-12-31", "amount": "59.90"},
        "prices": "net",
        "tax_rate": "0",
    }
    assert run(app, "service", "show", acme.public_id).stdout == (
        "Hall A, 2 × 29.95 EUR a month, active, next 59.90 for 2026-12-01 to 2026-12-31\n"
    )


def test_m1_nobody_and_nothing(app):
    customer("acme")
    assert answer(app, "service", "show", "acme") == {"services": []}
    assert "has no services" in run(app, "service", "show", "acme").stdout
    assert "no customer" in run(app, "service", "show", "nobody", code=1).stderr
